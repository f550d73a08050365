import { useTranslation } from 'react-i18next';
import { labelIn } from '../lib/library';
import { Choice } from './Choice';

/** Where to look: in this object, in a collection that it is in, everywhere. */
export function Scope({ ask, changeAsk, library, shown }) {
  const { t, i18n } = useTranslation();
  const options = [['library', t('paintingSearch.scopes.library', { name: library.name })]];
  if (library.manifest) options.push(['object', t('paintingSearch.scopes.object')]);
  library.collections.forEach(({ id, label }) => options.push([id, labelIn(label, i18n.language)]));
  return (
    <Choice
      label={t('paintingSearch.scope')}
      onChange={(scope) => changeAsk({ manifestId: shown.manifestId, scope })}
      options={options}
      value={options.some(([name]) => name === ask.scope) ? ask.scope : 'library'}
    />
  );
}
