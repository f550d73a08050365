import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import { LICENCES, MOTIVATIONS, isSaid } from '../lib/comments';
import { Choice } from './Choice';
import { Problem } from './Problem';
import { RegionFields } from './RegionFields';

/** What a signed-in reader says of the picture that is shown, or of a part of it. */
export function WriteComment({
  changeComment, comment, drawing, onSave, setDrawing, shown, user, view, visible,
}) {
  const { t, i18n } = useTranslation();
  const spoken = (i18n.language ?? 'en').split('-')[0];
  const drawable = view !== 'gallery';
  const choosePart = (value) => {
    changeComment({ part: value === 'part' });
    setDrawing(value === 'part');
  };
  const submit = (event) => {
    event.preventDefault();
    if (isSaid(comment) && !comment.saving) onSave(spoken);
  };
  return (
    <Box component="details" sx={{ mt: 1 }}>
      <Box component="summary" sx={{ cursor: 'pointer', py: 0.5 }}>{t('paintingSearch.comment.title')}</Box>
      <Stack component="form" onSubmit={submit} spacing={1.5} sx={{ pt: 1 }}>
        <Typography variant="body2">{t('paintingSearch.comment.about', { title: shown.label, user })}</Typography>
        <TextField
          fullWidth
          label={t('paintingSearch.comment.text')}
          maxRows={12}
          minRows={3}
          multiline
          onChange={({ target }) => changeComment({ text: target.value })}
          size="small"
          slotProps={{ htmlInput: { maxLength: 100000 } }}
          value={comment.text}
        />
        <TextField
          helperText={t('paintingSearch.comment.languageHelp')}
          label={t('paintingSearch.comment.language')}
          onChange={({ target }) => changeComment({ language: target.value })}
          size="small"
          slotProps={{ htmlInput: { maxLength: 35 } }}
          value={comment.language ?? spoken}
          variant="standard"
        />
        <Choice
          label={t('paintingSearch.comment.motivation')}
          onChange={(motivation) => changeComment({ motivation })}
          options={MOTIVATIONS.map((name) => [name, t(`paintingSearch.comment.motivations.${name}`)])}
          value={comment.motivation}
        />
        <Choice
          label={t('paintingSearch.comment.licence')}
          onChange={(rights) => changeComment({ rights })}
          options={[['', t('paintingSearch.comment.licenceOfPainting')], ...LICENCES]}
          value={comment.rights}
        />
        {drawable && (
          <Choice
            label={t('paintingSearch.comment.of')}
            onChange={choosePart}
            options={[['whole', t('paintingSearch.comment.whole')], ['part', t('paintingSearch.comment.part')]]}
            value={comment.part ? 'part' : 'whole'}
          />
        )}
        {drawable && comment.part && (
          <RegionFields
            ask={comment}
            changeAsk={changeComment}
            drawing={drawing}
            help={t('paintingSearch.comment.drawHelp')}
            setDrawing={setDrawing}
            visible={visible}
          />
        )}
        {comment.error && <Problem error={comment.error} />}
        <Box role="status">{comment.saved && <Alert severity="success">{t('paintingSearch.comment.saved')}</Alert>}</Box>
        <Button disabled={!isSaid(comment)} loading={comment.saving} type="submit" variant="contained">
          {t('paintingSearch.comment.save')}
        </Button>
      </Stack>
    </Box>
  );
}
