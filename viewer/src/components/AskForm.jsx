import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import Tab from '@mui/material/Tab';
import Tabs from '@mui/material/Tabs';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { isComplete, presetsFor } from '../lib/ask';
import { Filters } from './Filters';
import { Manner } from './Manner';
import { RegionFields } from './RegionFields';
import { Scope } from './Scope';

const KINDS = ['words', 'canvas', 'region'];

/** The three ways to ask, and within what limits. */
export function AskForm({
  ask, changeAsk, drawing, library, onSearch, searching, setDrawing, shown, showOne, view, visible,
}) {
  const { t } = useTranslation();
  const id = useId();
  const meant = { ...ask, ...(ask.kind === 'canvas' ? { canvasId: shown.canvasId, label: shown.label } : {}) };
  const choose = (kind) => {
    const presets = presetsFor(kind, library.presets).map(({ name }) => name);
    const preset = kind === 'region' && presets.includes('same-detail') ? 'same-detail' : 'overall';
    changeAsk({ canvasId: shown.canvasId, kind, label: shown.label, preset });
    setDrawing(kind === 'region' && view !== 'gallery');
  };
  const submit = (event) => {
    event.preventDefault();
    if (isComplete(meant)) onSearch({ canvasId: meant.canvasId, label: meant.label, manifestId: shown.manifestId });
  };

  return (
    <Box component="form" onSubmit={submit} role="search">
      <Tabs
        aria-label={t('paintingSearch.ways')}
        onChange={(_event, kind) => choose(kind)}
        sx={{ '& .MuiTab-root': { minHeight: 40, minWidth: 0, px: 1, textTransform: 'none' }, mb: 1.5, minHeight: 40 }}
        value={ask.kind}
        variant="fullWidth"
      >
        {KINDS.map((kind) => (
          <Tab aria-controls={id} id={`${id}-${kind}`} key={kind} label={t(`paintingSearch.kinds.${kind}`)} value={kind} />
        ))}
      </Tabs>
      <Stack aria-labelledby={`${id}-${ask.kind}`} id={id} role="tabpanel" spacing={1.5}>
        {ask.kind === 'words' && (
          <TextField
            fullWidth
            helperText={t('paintingSearch.wordsHelp')}
            label={t('paintingSearch.wordsLabel')}
            maxRows={8}
            minRows={2}
            multiline
            onChange={({ target }) => changeAsk({ words: target.value })}
            onKeyDown={(event) => { if (event.key === 'Enter' && !event.shiftKey) submit(event); }}
            size="small"
            slotProps={{ htmlInput: { maxLength: 1500 } }}
            value={ask.words}
          />
        )}
        {ask.kind === 'canvas' && (
          <Typography variant="body2">{t('paintingSearch.canvasHelp', { title: shown.label })}</Typography>
        )}
        {ask.kind === 'region' && view === 'gallery' && (
          <>
            <Typography variant="body2">{t('paintingSearch.notInGallery')}</Typography>
            <Button onClick={() => { showOne(); setDrawing(true); }} size="small" variant="outlined">
              {t('paintingSearch.showOne')}
            </Button>
          </>
        )}
        {ask.kind === 'region' && view !== 'gallery' && (
          <RegionFields
            ask={ask}
            changeAsk={changeAsk}
            drawing={drawing}
            setDrawing={setDrawing}
            visible={visible}
          />
        )}
        {ask.kind !== 'words' && <Manner ask={ask} changeAsk={changeAsk} library={library} />}
        <Scope ask={ask} changeAsk={changeAsk} library={library} shown={shown} />
        <Filters ask={ask} changeAsk={changeAsk} library={library} />
        <Button disabled={!isComplete(meant)} loading={searching} type="submit" variant="contained">
          {t(`paintingSearch.submit.${ask.kind}`)}
        </Button>
      </Stack>
    </Box>
  );
}
