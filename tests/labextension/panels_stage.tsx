import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, vi } from 'vitest';
import { Shell } from '../../labextension/src/grid/panels';
import type { Panel } from '../../labextension/src/grid/controller';
import type { Fake } from './panels_fake';

export { fireEvent, screen, waitFor };

afterEach(cleanup);

/** Puts the panels of a fake grid on the page: `cells` stands for the grid that takes the focus, `heard` hears keys that got out. */
export function mount(fake: Fake) {
  const focusGrid = vi.fn(() => screen.getByTestId('cells').focus());
  const heard = vi.fn();
  const view = render(
    <div onKeyDown={heard}>
      <Shell controller={fake.controller} focusGrid={focusGrid}>
        <div data-testid="cells" tabIndex={0} />
      </Shell>
    </div>
  );
  return { ...view, focusGrid, heard };
}

export const anchor = new DOMRect(40, 40, 120, 60);

export function columnPanel(column: number, page?: 'filter' | 'rename' | 'type' | 'bounds' | 'insert'): Panel {
  return { kind: 'column', column, anchor, ...(page ? { page } : {}) };
}

/** The arguments of the last call of that name. */
export function lastCall(fake: Fake, name: string): unknown[] | undefined {
  return fake.calls.findLast(call => call[0] === name)?.slice(1);
}

export function press(key: string, more: KeyboardEventInit = {}) {
  const target = document.activeElement ?? document.body;
  return fireEvent.keyDown(target, { key, ...more });
}
