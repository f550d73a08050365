import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { forwardRef } from 'react';
import { useTranslation } from 'react-i18next';
import { collectLink, linkTo } from '../lib/library';
import { Hit } from './Hit';
import { Problem } from './Problem';

/** What was found, in order of likeness; and what went wrong, or why there is nothing. */
export const Results = forwardRef(({
  answer, api, asked, collect, error, onLike, onMore, onOpen, openedKey, searching,
}, ref) => {
  const { t } = useTranslation();
  const label = asked && (asked.kind === 'words'
    ? t('paintingSearch.foundByWords', { words: asked.words })
    : t(`paintingSearch.like.${asked.kind}`, { title: asked.label }));
  const said = searching ? t('paintingSearch.searching') : answer ? t('paintingSearch.found', { count: answer.total }) : '';

  return (
    <Box aria-label={t('paintingSearch.results')} component="section" ref={ref} sx={{ mt: 2, outline: 'none' }} tabIndex={-1}>
      <Box aria-live="polite" role="status">
        {said && <Typography sx={{ overflowWrap: 'anywhere' }} variant="subtitle2">{said}</Typography>}
        {said && label && <Typography color="text.secondary" sx={{ overflowWrap: 'anywhere' }} variant="body2"><bdi>{label}</bdi></Typography>}
      </Box>
      {error && <Problem error={error} />}
      {answer && answer.hits.length === 0 && (
        <Alert severity="info" sx={{ my: 1 }}>{t(`paintingSearch.nothing.${asked.kind}`)}</Alert>
      )}
      {answer?.notices.length > 0 && <Notices notices={answer.notices} />}
      {answer && answer.hits.length > 0 && (
        <Box
          component="ol"
          sx={{
            columnGap: 1.5, display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(min(9rem, 46%), 1fr))', listStyle: 'none', m: 0, mt: 1, p: 0, rowGap: 2,
          }}
        >
          {answer.hits.map((hit) => (
            <Hit
              collect={collectLink(collect, hit)}
              hit={hit}
              key={hit.key}
              link={linkTo(hit, api)}
              onLike={onLike}
              onOpen={onOpen}
              opened={hit.key === openedKey}
            />
          ))}
        </Box>
      )}
      {answer && answer.hits.length > 0 && answer.hits.length < answer.total && (
        <Button fullWidth loading={searching} onClick={onMore} sx={{ mt: 2 }} variant="outlined">
          {t('paintingSearch.more', { count: answer.total - answer.hits.length })}
        </Button>
      )}
    </Box>
  );
});

Results.displayName = 'Results';

/** What was left out and why, as the library tells it. */
function Notices({ notices }) {
  const { t } = useTranslation();
  return (
    <Box component="details" sx={{ mt: 0.5 }}>
      <Typography color="text.secondary" component="summary" sx={{ cursor: 'pointer' }} variant="caption">{t('paintingSearch.notices')}</Typography>
      {notices.map((notice) => (
        <Typography color="text.secondary" key={notice} lang="en" sx={{ display: 'block', lineHeight: 1.4 }} variant="caption">{notice}</Typography>
      ))}
    </Box>
  );
}
