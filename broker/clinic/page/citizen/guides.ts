/** Lines in a plot that readings are compared with, and the colours that a plot has. Apart from what draws them. */

export const BOUNDS = ['alertHigh', 'warningHigh', 'warningLow', 'alertLow'] as const
export type Bound = (typeof BOUNDS)[number]

/** Each is a CSS variable `--plot-<colour>` of the page. */
export const COLOURS = ['ink', 'soft', 'paper', 'grid', 'red', 'yellow', 'blue', 'good', 'first', 'second'] as const
export type Colour = (typeof COLOURS)[number]

/** A word at a height of the plot: what the line there means. */
export interface Label {
  readonly text: string
  readonly value: number
  readonly colour: Colour
}
