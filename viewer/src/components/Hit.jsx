import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import ButtonBase from '@mui/material/ButtonBase';
import Link from '@mui/material/Link';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';

/** One painting that was found: its picture, the place, what it is, and why it is here. */
export function Hit({
  collect, hit, link, onLike, onOpen, opened,
}) {
  const { t, i18n } = useTranslation();
  const percent = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 0, style: 'percent' }).format(hit.score);
  const name = [hit.title, hit.maker, hit.date].filter(Boolean).join(', ');
  return (
    <Box component="li" sx={{ display: 'flex', flexDirection: 'column', minWidth: 0 }}>
      <ButtonBase
        aria-label={t('paintingSearch.open', { name })}
        aria-pressed={opened}
        focusRipple
        onClick={() => onOpen(hit)}
        sx={{
          '&:focus-visible': { outline: '3px solid', outlineColor: 'primary.main', outlineOffset: 2 },
          aspectRatio: '1',
          bgcolor: 'action.hover',
          outline: opened ? '2px solid' : 'none',
          outlineColor: 'primary.main',
          width: '100%',
        }}
      >
        <Picture hit={hit} />
      </ButtonBase>
      <Typography component="h4" dir="auto" sx={{ fontWeight: 600, lineHeight: 1.3, mt: 0.5, overflowWrap: 'anywhere' }} variant="body2">
        {hit.title || t('paintingSearch.untitled')}
      </Typography>
      <Typography color="text.secondary" dir="auto" sx={{ lineHeight: 1.3 }} variant="body2">
        {[hit.maker, hit.date].filter(Boolean).join(', ')}
      </Typography>
      {hit.verified && (
        <Typography color="success.main" sx={{ fontWeight: 600, lineHeight: 1.3 }} variant="body2">
          {t(hit.mirrored ? 'paintingSearch.verifiedMirrored' : 'paintingSearch.verified')}
        </Typography>
      )}
      <Typography sx={{ lineHeight: 1.4 }} variant="caption">
        {percent}
        {' · '}
        <Why hit={hit} />
      </Typography>
      {hit.excerpt && (
        <Typography color="text.secondary" dir="auto" sx={{ fontStyle: 'italic', lineHeight: 1.35 }} variant="caption">{hit.excerpt}</Typography>
      )}
      <Box sx={{ '& > *': { minHeight: 28, minWidth: 0, p: 0, textTransform: 'none' }, columnGap: 1.5, display: 'flex', flexWrap: 'wrap', mt: 'auto' }}>
        <Button aria-label={t('paintingSearch.moreLikeThis', { name })} onClick={() => onLike(hit)} size="small">{t('paintingSearch.likeThis')}</Button>
        {hit.page && <Link href={hit.page} rel="noopener" sx={{ alignContent: 'center' }} target="_blank" variant="caption">{t('paintingSearch.page')}</Link>}
        {link && <Link href={link} rel="noopener" sx={{ alignContent: 'center' }} target="_blank" title={t('paintingSearch.linkHelp')} variant="caption">{t('paintingSearch.link')}</Link>}
        {collect && <Link aria-label={t('paintingSearch.collectThis', { name })} href={collect} rel="noopener" sx={{ alignContent: 'center' }} target="_blank" variant="caption">{t('paintingSearch.collect')}</Link>}
        {hit.rights && <Link href={hit.rights} rel="license noopener" sx={{ alignContent: 'center' }} target="_blank" variant="caption">{t('paintingSearch.rightsOf')}</Link>}
      </Box>
      {hit.attribution && <Typography color="text.secondary" dir="auto" sx={{ lineHeight: 1.3 }} variant="caption">{hit.attribution}</Typography>}
    </Box>
  );
}

/** The thumbnail, whole, with the place that was found on it. */
function Picture({ hit }) {
  const { t } = useTranslation();
  if (!hit.thumbnail) return <Typography variant="caption">{t('paintingSearch.noPicture')}</Typography>;
  const wide = hit.width >= hit.height;
  const ratio = hit.width / hit.height;
  const share = (value, whole) => `${(100 * value) / whole}%`;
  return (
    <Box sx={{ aspectRatio: String(ratio), position: 'relative', ...(wide ? { width: '100%' } : { height: '100%' }) }}>
      <Box alt="" component="img" loading="lazy" src={hit.thumbnail} sx={{ display: 'block', height: '100%', objectFit: 'cover', width: '100%' }} />
      {hit.place && (
        <Box
          sx={{
            border: '2px solid #ffd54a',
            boxShadow: '0 0 0 1px #000, inset 0 0 0 1px #000',
            height: share(hit.place.h, hit.height),
            left: share(hit.place.x, hit.width),
            pointerEvents: 'none',
            position: 'absolute',
            top: share(hit.place.y, hit.height),
            width: share(hit.place.w, hit.width),
          }}
          style={{ direction: 'ltr' }}
        />
      )}
    </Box>
  );
}

/** What speaks for the painting, the most first. */
function Why({ hit }) {
  const { t } = useTranslation();
  const named = (name) => t(`paintingSearch.features.${name}`, { defaultValue: t(`paintingSearch.channels.${name}`, { defaultValue: name }) });
  const parts = Object.entries(hit.shares).filter(([, share]) => share >= 0.005).sort(([, a], [, b]) => b - a);
  return <span title={hit.why.join('\n')}>{parts.map(([name]) => named(name)).join(', ')}</span>;
}
