import de from './de.json';
import en from './en.json';
import fr from './fr.json';
import it from './it.json';

/** Mirador's own keys stand flat; those of the plugin under its name. */
export default { de, en, fr, it };
