/** Charts of a table: in a dock below its grid, or standing alone. */
export { mountChart, nowhere } from './chart';
export type { Mounted } from './chart';
export { ChartDock } from './dock';
export { library } from './library';
export type { Library, Source } from './library';
export { drawnFirst, libraryFor, stepOf } from './model';
export { brushAll, brushOf, link } from './links';
