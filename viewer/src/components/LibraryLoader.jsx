import { useEffect } from 'react';
import { usable, withService } from '../lib/searchResponse';

const KNOWN = ['http://iiif.io/api/search/0/search', 'http://iiif.io/api/search/1/search'];

/**
 * Asks the library what it knows of the manifest in a window, and gives a manifest without a
 * search service that Mirador can use the one that the library has for it. Shows nothing.
 */
export function LibraryLoader({
  api, library, loadLibrary, manifest, manifestId, receiveManifest,
}) {
  const asked = library?.api === api;

  useEffect(() => {
    if (api && manifest && !asked) loadLibrary(api, manifestId);
  }, [api, asked, loadLibrary, manifest, manifestId]);

  useEffect(() => {
    if (!manifest) return;
    const services = [manifest.service ?? []].flat();
    if (services.some((one) => KNOWN.includes([one?.profile].flat()[0]))) return;
    const service = usable(services) ?? usable(library?.manifest?.service ?? []);
    if (service) receiveManifest(manifestId, withService(manifest, service));
  }, [library, manifest, manifestId, receiveManifest]);

  return null;
}
