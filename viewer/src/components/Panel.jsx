import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import CircularProgress from '@mui/material/CircularProgress';
import { ConnectedCompanionWindow } from 'mirador';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { AskForm } from './AskForm';
import { Problem } from './Problem';
import { Recent } from './Recent';
import { Results } from './Results';
import { WriteComment } from './WriteComment';

/** The side panel: what to look for, and what was found; and what somebody has to say of it. */
export function Panel({
  answer, api, ask, asked, canvas, changeAsk, changeComment, collect, comment, drawing, error, id, label, library, loadMe,
  manifestId, me, openHit, openedKey, recent, retry, saveComment, search, searching, setDrawing, showOne, view,
  visible, windowId,
}) {
  const { t } = useTranslation();
  const results = useRef(null);
  const shown = { canvasId: canvas?.id ?? '', label, manifestId };
  const start = (change) => {
    search(api, library, { ...ask, ...change });
    setDrawing(false);
    results.current?.focus({ preventScroll: true });
  };
  const ready = Boolean(library?.presets);
  const unknown = Boolean(api) && me === undefined;
  useEffect(() => {
    if (unknown) loadMe(api);
  }, [api, loadMe, unknown]);

  return (
    <ConnectedCompanionWindow
      ariaLabel={t('paintingSearch.title')}
      id={id}
      title={t('paintingSearch.title')}
      windowId={windowId}
    >
      <Box sx={{ containerType: 'inline-size', p: 1.5 }}>
        {!api && <Alert severity="info">{t('paintingSearch.noLibrary')}</Alert>}
        {api && library?.error && <Problem error={library.error} onRetry={() => retry(api, manifestId)} />}
        {api && !ready && !library?.error && <CircularProgress aria-label={t('paintingSearch.loading')} size={24} />}
        {ready && (
          <>
            <AskForm
              ask={ask}
              changeAsk={changeAsk}
              drawing={drawing === true}
              library={library}
              onSearch={start}
              searching={searching}
              setDrawing={setDrawing}
              shown={shown}
              showOne={showOne}
              view={view}
              visible={visible}
            />
            <Recent asked={asked} onAsk={start} recent={recent} />
            {me?.mayComment && canvas && (
              <WriteComment
                changeComment={changeComment}
                comment={comment}
                drawing={drawing === 'comment'}
                onSave={(language) => saveComment(api, me, comment, shown.canvasId, language)}
                setDrawing={(on) => setDrawing(on ? 'comment' : false)}
                shown={shown}
                user={me.user}
                view={view}
                visible={visible}
              />
            )}
          </>
        )}
        <Results
          answer={answer}
          api={api}
          asked={asked}
          collect={collect}
          error={error}
          onLike={(hit) => start({
            canvasId: hit.canvasId, kind: 'canvas', label: hit.title, preset: ask.preset === 'same-detail' ? 'overall' : ask.preset, region: null,
          })}
          onMore={() => search(api, library, asked, { more: true, shown: answer.hits.length })}
          onOpen={openHit}
          openedKey={openedKey}
          ref={results}
          searching={searching}
        />
      </Box>
    </ConnectedCompanionWindow>
  );
}
