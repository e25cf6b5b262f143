import { defineConfig } from 'vite'

/** The page of a visit, as files that the hub serves itself: nothing is loaded from anywhere else. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { outDir: '../../../dist/pages/hub', emptyOutDir: true, target: 'es2022', modulePreload: false },
})
