import SvgIcon from '@mui/material/SvgIcon';

/** A painting under a glass: the tab that opens the panel. */
export function PanelIcon() {
  return (
    <SvgIcon>
      <path d="M3 3h14v6.1a6 6 0 0 0-2-.6V5H5v7.6l2.6-3 2.3 2.9a6 6 0 0 0-.7 4.5H3V3zm3.2 11H8.600l-1-1.300L6.200 14z" />
      <path d="M14.500 10a4.500 4.500 0 1 1-.01 0zm0 2a2.500 2.500 0 1 0 .01 0z" fillRule="evenodd" />
      <path d="m17.400 16.300 4.300 4.300-1.400 1.400-4.300-4.300z" />
    </SvgIcon>
  );
}
