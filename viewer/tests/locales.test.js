import { describe, expect, it } from 'vitest';
import locales from '../src/locales';

const PLURAL = /_(zero|one|two|few|many|other)$/;

/** key -> text, of a whole language. */
function flat(value, path = '') {
  if (typeof value === 'string') return { [path]: value };
  return Object.assign({}, ...Object.entries(value).map(([key, one]) => flat(one, path ? `${path}.${key}` : key)));
}
const names = (texts) => new Set(Object.keys(flat(texts)).map((key) => key.replace(PLURAL, '')));
const gaps = (text) => (text.match(/{{\w+}}/g) ?? []).sort();

describe.each(Object.keys(locales))('the language %s', (language) => {
  it('says everything that English says', () => expect(names(locales[language])).toEqual(names(locales.en)));

  it('has every form of the plural', () => {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    const texts = flat(locales[language]);
    ['paintingSearch.found', 'paintingSearch.more'].forEach((key) => {
      pluralCategories.forEach((form) => expect(texts).toHaveProperty([`${key}_${form}`]));
    });
  });

  it('fills the same gaps', () => {
    const english = flat(locales.en);
    Object.entries(flat(locales[language])).forEach(([key, text]) => {
      if (key in english) expect([key, gaps(text)]).toEqual([key, gaps(english[key])]);
    });
  });
});
