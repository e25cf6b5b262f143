import { defineConfig } from 'vite'

/** The clinic's page, as files that the broker serves itself: nothing is loaded from anywhere else. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../../dist/pages/clinic',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    // The tables of quantities and kinds are taken without the schemas beside them.
    rolldownOptions: {
      treeshake: { moduleSideEffects: [{ test: /device-drivers|broker\/(?!clinic\/page)/, sideEffects: false }] },
    },
  },
})
