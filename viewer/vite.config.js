import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** What every Mirador brings along: a second copy of React in one page does not work. */
const PEERS = [/^react($|\/)/, /^react-dom($|\/)/, /^@mui\//, /^@emotion\//, /^mirador$/];

/** For a Mirador of one's own. */
const plugin = {
  outDir: 'dist',
  lib: { entry: 'src/index.js', formats: ['es'], fileName: () => 'iiifsearch-viewer.es.js' },
  rollupOptions: { external: PEERS },
};

/** Mirador and the plugin in one file, for the library's own pages. */
const page = {
  outDir: '../iiifsearch/static/iiifsearch/viewer',
  chunkSizeWarningLimit: 3000,
  modulePreload: false,
  rollupOptions: { input: 'src/page.js', output: { codeSplitting: false, entryFileNames: 'viewer.js' } },
};

export default defineConfig(({ mode }) => ({
  plugins: [react()],
  build: { emptyOutDir: true, target: 'es2022', ...(mode === 'page' ? page : plugin) },
  test: { environment: 'happy-dom', include: ['tests/**/*.test.{js,jsx}'], mode: 'test' },
}));
