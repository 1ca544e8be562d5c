import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore
} from 'react';
import type { HTMLAttributes, ReactNode } from 'react';
import type { SessionState } from '../../session/api';
import type { Controller, GridState } from '../controller';
import { observeTheme, readPalette, themeMode, type Mode, type Palette } from '../drawing/theme';

/** What every panel needs: the controller, and the way back to the grid. */
interface Surroundings {
  controller: Controller;
  focusGrid: () => void;
}

const Surrounded = createContext<Surroundings | null>(null);
const Colors = createContext<Palette | null>(null);
const Shade = createContext<Mode>('light');

/** The controller around a panel and `focusGrid`, which gives the keyboard back to the cells. */
export function useGrid(): Surroundings {
  const found = useContext(Surrounded);
  if (!found) {
    throw new Error('A panel stands outside its Shell.');
  }
  return found;
}

export function useGridState(): GridState {
  const { controller } = useGrid();
  return useSyncExternalStore(
    useCallback(listener => controller.subscribe(listener), [controller]),
    () => controller.state
  );
}

export function useSessionState(): SessionState {
  const { session } = useGrid().controller;
  return useSyncExternalStore(
    useCallback(listener => session.subscribe(listener), [session]),
    () => session.state
  );
}

const OFTEN = 1000;

/** A value that changes often, looked at at once, and then once a second while it goes on changing. */
export function useLately(value: number): number {
  const [seen, setSeen] = useState(value);
  const newest = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  newest.current = value;
  useEffect(() => {
    if (value !== seen && timer.current === null) {
      setSeen(value);
      timer.current = setTimeout(() => {
        timer.current = null;
        setSeen(newest.current);
      }, OFTEN);
    }
  }, [value, seen]);
  useEffect(() => () => clearTimeout(timer.current ?? undefined), []);
  return seen;
}

/** The colours in force, for drawing on a canvas; null until the first layout. */
export function usePalette(): Palette | null {
  return useContext(Colors);
}

export function useMode(): Mode {
  return useContext(Shade);
}

interface ThemeProviderProps extends HTMLAttributes<HTMLDivElement> {
  children?: ReactNode;
}

/** The root element of the theme's scope; it re-reads the colours whenever the page's theme changes. */
export function ThemeProvider({ children, className = '', ...rest }: ThemeProviderProps) {
  const root = useRef<HTMLDivElement>(null);
  const [mode, setMode] = useState(themeMode);
  const [palette, setPalette] = useState<Palette | null>(null);
  useLayoutEffect(() => {
    const read = () => {
      if (root.current) {
        root.current.dataset['twTheme'] = themeMode();
        setMode(themeMode());
        setPalette(readPalette(root.current));
      }
    };
    read();
    return observeTheme(read);
  }, []);
  return (
    <div {...rest} ref={root} className={`tw-Scope ${className}`.trim()} data-tw-theme={mode}>
      <Shade.Provider value={mode}>
        <Colors.Provider value={palette}>{children}</Colors.Provider>
      </Shade.Provider>
    </div>
  );
}

/** Makes the controller known to the panels inside. */
export function Surround({ controller, focusGrid, children }: Surroundings & { children: ReactNode }) {
  const value = useMemo(() => ({ controller, focusGrid }), [controller, focusGrid]);
  return <Surrounded.Provider value={value}>{children}</Surrounded.Provider>;
}
