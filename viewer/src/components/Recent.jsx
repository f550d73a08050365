import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useTranslation } from 'react-i18next';

/** The last questions of this visit, to be asked again. */
export function Recent({ asked, onAsk, recent }) {
  const { t } = useTranslation();
  const others = recent.filter((ask) => ask !== asked);
  if (!others.length) return null;
  const said = (ask) => (ask.kind === 'words' ? ask.words : t(`paintingSearch.like.${ask.kind}`, { title: ask.label }));
  return (
    <Box component="details" sx={{ mt: 1 }}>
      <Box component="summary" sx={{ cursor: 'pointer', py: 0.5 }}>{t('paintingSearch.recent')}</Box>
      <Box component="ul" sx={{ listStyle: 'none', m: 0, p: 0 }}>
        {others.map((ask) => (
          <li key={JSON.stringify([ask.kind, ask.words, ask.canvasId, ask.region])}>
            <Button
              onClick={() => onAsk(ask)}
              size="small"
              sx={{ display: 'block', maxWidth: '100%', overflow: 'hidden', textAlign: 'start', textOverflow: 'ellipsis', textTransform: 'none', whiteSpace: 'nowrap' }}
            >
              <bdi>{said(ask)}</bdi>
            </Button>
          </li>
        ))}
      </Box>
    </Box>
  );
}
