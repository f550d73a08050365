import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import TextField from '@mui/material/TextField';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { EMPTY } from '../lib/ask';
import { Choice } from './Choice';

/** Limits by what the catalogue knows: maker, years, type, rights. */
export function Filters({ ask, changeAsk, library }) {
  const { t } = useTranslation();
  const id = useId();
  const { filters } = ask;
  const set = (name) => (value) => changeAsk({ filters: { ...filters, [name]: value } });
  const count = Object.values(filters).filter((value) => String(value).trim() !== '').length;
  const year = (name, placeholder) => (
    <TextField
      label={t(`paintingSearch.filters.${name}`)}
      onChange={({ target }) => set(name)(target.value)}
      slotProps={{ htmlInput: { max: 9999, min: -9999, placeholder, step: 1 } }}
      type="number"
      value={filters[name]}
      variant="standard"
    />
  );

  return (
    <Box component="details" open={count > 0 || undefined}>
      <Box component="summary" sx={{ cursor: 'pointer', py: 0.5 }}>
        {count ? t('paintingSearch.filters.some', { count }) : t('paintingSearch.filters.title')}
      </Box>
      <Stack spacing={1}>
        <TextField
          label={t('paintingSearch.filters.maker')}
          onChange={({ target }) => set('maker')(target.value)}
          slotProps={{ htmlInput: { maxLength: 300 } }}
          value={filters.maker}
          variant="standard"
        />
        <Box sx={{ display: 'grid', gap: 1, gridTemplateColumns: '1fr 1fr' }}>
          {year('from', library.years?.[0])}
          {year('to', library.years?.[1])}
        </Box>
        {library.types.length > 0 && (
          <>
            <TextField
              label={t('paintingSearch.filters.type')}
              onChange={({ target }) => set('type')(target.value)}
              slotProps={{ htmlInput: { list: id, maxLength: 300 } }}
              value={filters.type}
              variant="standard"
            />
            <datalist id={id}>{library.types.map((type) => <option key={type} value={type} />)}</datalist>
          </>
        )}
        {library.rights.length > 0 && (
          <Choice
            label={t('paintingSearch.filters.rights')}
            onChange={set('rights')}
            options={[['', t('paintingSearch.filters.any')], ...library.rights.map((name) => [name, t(`paintingSearch.rights.${name}`, { defaultValue: name })])]}
            value={filters.rights}
          />
        )}
        {count > 0 && (
          <Button onClick={() => changeAsk({ filters: EMPTY.filters })} size="small" sx={{ alignSelf: 'start' }}>
            {t('paintingSearch.filters.clear')}
          </Button>
        )}
      </Stack>
    </Box>
  );
}
