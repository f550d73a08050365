import SvgIcon from '@mui/material/SvgIcon';
import { useEffect, useRef } from 'react';

/** A painting under a glass: the tab that opens the panel. */
export function PanelIcon() {
  const icon = useRef(null);

  // Mirador 4.0 says the direction of its tabs on an element without a role, too, where it is not
  // allowed; screen readers find it on the list of tabs inside.
  useEffect(() => {
    icon.current?.closest('.MuiTabs-root:not([role])')?.removeAttribute('aria-orientation');
  }, []);

  return (
    <SvgIcon ref={icon}>
      <path d="M3 3h14v6.1a6 6 0 0 0-2-.6V5H5v7.6l2.6-3 2.3 2.9a6 6 0 0 0-.7 4.5H3V3zm3.2 11h2.4l-1-1.3z" />
      <path d="M14.500 10a4.500 4.500 0 1 1-.01 0zm0 2a2.500 2.500 0 1 0 .01 0z" fillRule="evenodd" />
      <path d="m17.400 16.300 4.300 4.300-1.400 1.400-4.300-4.300z" />
    </SvgIcon>
  );
}
