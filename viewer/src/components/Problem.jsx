import Alert from '@mui/material/Alert';
import { useTranslation } from 'react-i18next';

/** What went wrong, in the reader's language; what the library said of it, in its own. */
export function Problem({ error }) {
  const { t } = useTranslation();
  return (
    <Alert severity={error.reason === 'busy' ? 'warning' : 'error'} sx={{ my: 1 }}>
      {t(`paintingSearch.problems.${error.reason}`)}
      {error.message && <div lang="en">{error.message}</div>}
    </Alert>
  );
}
