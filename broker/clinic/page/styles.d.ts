/** Style sheets are the bundler's; a page imports its own. */
declare module '*.css'
