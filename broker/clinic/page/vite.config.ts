import { defineConfig, type HtmlTagDescriptor, type Plugin } from 'vite'

/** The clinic's page, as files that the broker serves itself: nothing is loaded from anywhere else. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [fetchTheShell()],
  build: {
    outDir: '../../../dist/pages/clinic',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    // The tables of quantities and kinds are taken without the schemas beside them.
    rolldownOptions: {
      treeshake: { moduleSideEffects: [{ test: /device-drivers|broker\/(?!clinic\/page)/, sideEffects: false }] },
      output: {
        codeSplitting: {
          groups: [
            {
              name: 'first',
              test: /\/page\/(main|shell\/(early|calls|role-pages|pages|place|format|preferences))\.ts$|preload-helper/,
              priority: 2,
            },
            {
              name: 'shell',
              test: /\/page\/(shell|work-list|sign-in)\/.*\.tsx?$|node_modules\/preact|\/broker\/(?!clinic\/page)|device-drivers/,
              priority: 1,
            },
          ],
        },
      },
    },
  },
})

/**
 * What main.ts imports a moment later is named in the document, so that it comes at the same time (Vite names what is
 * imported at once only); and the first thing that is asked for, who is signed in, so that it is known when the first
 * script runs.
 */
function fetchTheShell(): Plugin {
  const SHELL = /\/open-shell\.tsx$/
  const link = (href: string, attrs: Readonly<Record<string, string>>): HtmlTagDescriptor => ({
    tag: 'link',
    attrs: { ...attrs, crossorigin: true, href },
    injectTo: 'head',
  })
  return {
    name: 'fetch-the-shell',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle = {} }) {
        const chunks = Object.values(bundle).filter((file) => file.type === 'chunk')
        const shell = chunks.find(({ moduleIds }) => moduleIds.some((id) => SHELL.test(id)))
        if (shell === undefined) throw new Error('the page has no shell: is it still in shell/open-shell.tsx?')
        const named = [shell.fileName, ...shell.imports].filter((file) => !html.includes(file))
        const styles = chunks.flatMap(({ fileName, viteMetadata }) =>
          named.includes(fileName) ? [...(viteMetadata?.importedCss ?? [])] : [],
        )
        return [
          link('/v1/session', { rel: 'preload', as: 'fetch' }),
          ...styles.map((file) => link(`/${file}`, { rel: 'stylesheet' })),
          ...named.map((file) => link(`/${file}`, { rel: 'modulepreload' })),
        ]
      },
    },
  }
}
