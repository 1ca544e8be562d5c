export { ThemeProvider, usePalette } from './scope';
export { Shell } from './shell';
export { Popovers } from './popovers';
export { Toolbar } from './toolbar';
export { FindBar } from './find_bar';
export { NoticeBar } from './notice_bar';
export { SidePanel } from './side_panel';
export { EmptyState } from './empty_state';
export { Footer } from './footer';
