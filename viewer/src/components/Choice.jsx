import FormControl from '@mui/material/FormControl';
import InputLabel from '@mui/material/InputLabel';
import NativeSelect from '@mui/material/NativeSelect';
import { useId } from 'react';

/** One of a few: the browser's own list, which every keyboard and screen reader knows. */
export function Choice({ label, onChange, options, value }) {
  const id = useId();
  return (
    <FormControl fullWidth size="small" variant="standard">
      <InputLabel htmlFor={id}>{label}</InputLabel>
      <NativeSelect inputProps={{ id }} onChange={({ target }) => onChange(target.value)} value={value}>
        {options.map(([name, text]) => <option key={name} value={name}>{text}</option>)}
      </NativeSelect>
    </FormControl>
  );
}
