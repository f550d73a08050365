import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import { useTranslation } from 'react-i18next';

/**
 * What went wrong, in the reader's language; what the library said of it, in its own.
 * `onRetry`: tries once more, where that is offered.
 */
export function Problem({ error, onRetry = undefined }) {
  const { t } = useTranslation();
  return (
    <Alert severity={error.reason === 'busy' ? 'warning' : 'error'} sx={{ my: 1 }}>
      {t(`paintingSearch.problems.${error.reason}`)}
      {error.message && <div lang="en">{error.message}</div>}
      {onRetry && <Button color="inherit" onClick={onRetry} size="small">{t('paintingSearch.retry')}</Button>}
    </Alert>
  );
}
