import type { ReactNode } from 'react';
import { TreeBar } from '../../tree/bar';
import type { Controller } from '../controller';
import { EmptyState } from './empty_state';
import { FindBar } from './find_bar';
import { Footer } from './footer';
import { NoticeBar } from './notice_bar';
import { Popovers } from './popovers';
import { Surround, ThemeProvider } from './scope';
import { SidePanel } from './side_panel';
import { Toolbar } from './toolbar';

interface ShellProps {
  controller: Controller;
  /** Gives the keyboard back to the cells. */
  focusGrid: () => void;
  /** The cells. They fill what the bars leave; keys of the cells must be heard inside them, not on the Shell. */
  children: ReactNode;
  /** A row of its own under the toolbar, for the command bar. */
  command?: ReactNode;
  /** Stands below the cells. */
  dock?: ReactNode;
}

/** Everything around the cells, in place: bars, side panel, notices, and the popovers of the current panel. */
export function Shell({ controller, focusGrid, children, command, dock }: ShellProps) {
  return (
    <ThemeProvider className="tw-Shell" data-jp-suppress-context-menu="" data-lm-suppress-shortcuts="true">
      <Surround controller={controller} focusGrid={focusGrid}>
        <Toolbar />
        {command}
        <TreeBar />
        <div className="tw-Shell-body">
          <div className="tw-Shell-cells">
            {children}
            <EmptyState />
            <FindBar />
            <NoticeBar />
          </div>
          <SidePanel />
        </div>
        {dock}
        <Footer />
        <Popovers />
      </Surround>
    </ThemeProvider>
  );
}
