import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';

/**
 * Drawing on the picture, and the same in numbers: whoever cannot drag can type. `help`: what to
 * drag a rectangle around, where that is not what is looked for.
 */
export function RegionFields({
  ask, changeAsk, drawing, help = '', setDrawing, visible,
}) {
  const { t } = useTranslation();
  const { region } = ask;
  const shown = region && visible.find(({ id }) => id === region.canvasId);
  const size = shown && { height: shown.getHeight(), width: shown.getWidth() };
  const set = (name, whole) => ({ target }) => {
    const value = Math.min(100, Math.max(name === 'w' || name === 'h' ? 1 : 0, Number(target.value) || 0));
    changeAsk({ region: { ...region, [name]: Math.round((value * whole) / 100) } });
  };
  return (
    <Box>
      <Button
        aria-pressed={drawing}
        fullWidth
        onClick={() => setDrawing(!drawing)}
        size="small"
        variant="outlined"
      >
        {t(drawing ? 'paintingSearch.stopDrawing' : 'paintingSearch.draw')}
      </Button>
      <Typography sx={{ mt: 1 }} variant="body2">
        {help || t(visible.length > 1 ? 'paintingSearch.drawHelpBook' : 'paintingSearch.drawHelp')}
      </Typography>
      {size && (
        <Box component="fieldset" sx={{ border: 0, display: 'grid', gap: 1, gridTemplateColumns: 'repeat(4, 1fr)', m: 0, mt: 1, p: 0 }}>
          <Typography component="legend" variant="body2">{t('paintingSearch.inPercent')}</Typography>
          {[['x', size.width], ['y', size.height], ['w', size.width], ['h', size.height]].map(([name, whole]) => (
            <TextField
              key={name}
              label={t(`paintingSearch.sides.${name}`)}
              onChange={set(name, whole)}
              slotProps={{ htmlInput: { max: 100, min: 0, step: 1 } }}
              type="number"
              value={Math.round((100 * region[name]) / whole)}
              variant="standard"
            />
          ))}
        </Box>
      )}
    </Box>
  );
}
