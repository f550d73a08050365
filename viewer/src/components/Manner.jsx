import Box from '@mui/material/Box';
import Slider from '@mui/material/Slider';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { OWN, presetsFor } from '../lib/ask';
import { Choice } from './Choice';

/** In what pictures shall be alike: a preset, or weights of one's own. */
export function Manner({ ask, changeAsk, library }) {
  const { t } = useTranslation();
  const presets = presetsFor(ask.kind, library.presets);
  const named = (name) => t(`paintingSearch.presets.${name}`, { defaultValue: name });
  const choose = (name) => {
    const preset = presets.find((one) => one.name === ask.preset);
    const started = Object.keys(preset?.features ?? {}).length ? preset.features : defaults(library);
    changeAsk({ preset: name, ...(name === OWN ? { weights: { ...started } } : {}) });
  };

  return (
    <Box>
      <Choice
        label={t('paintingSearch.manner')}
        onChange={choose}
        options={[...presets.map(({ name }) => [name, named(name)]), [OWN, t('paintingSearch.presets.own')]]}
        value={ask.preset}
      />
      {ask.preset === OWN && (
        <Stack component="fieldset" spacing={0.5} sx={{ border: 0, m: 0, mt: 1, p: 0 }}>
          <Typography component="legend" variant="body2">{t('paintingSearch.weights')}</Typography>
          {library.features.map(({ name }) => (
            <Weight
              key={name}
              name={t(`paintingSearch.features.${name}`, { defaultValue: name })}
              onChange={(weight) => changeAsk({ weights: { ...ask.weights, [name]: weight } })}
              value={ask.weights[name] ?? 0}
            />
          ))}
        </Stack>
      )}
    </Box>
  );
}

function Weight({ name, onChange, value }) {
  const id = useId();
  return (
    <Box sx={{ alignItems: 'center', columnGap: 1.5, display: 'grid', gridTemplateColumns: '1fr minmax(70px, 45%)', paddingInlineEnd: 1 }}>
      <Typography component="span" id={id} variant="body2">{name}</Typography>
      <Slider
        aria-labelledby={id}
        getAriaValueText={(weight) => `${Math.round(100 * weight)} %`}
        max={1}
        min={0}
        onChange={(_event, weight) => onChange(weight)}
        size="small"
        step={0.05}
        value={value}
        valueLabelDisplay="auto"
        valueLabelFormat={(weight) => `${Math.round(100 * weight)} %`}
      />
    </Box>
  );
}

/** What the library goes by where nothing is said. */
function defaults(library) {
  return Object.fromEntries(library.features.filter(({ weight }) => weight > 0).map(({ name, weight }) => [name, weight]));
}
