import { useCallback, useEffect, useState } from 'react';
import { useGrid, useGridState, useSessionState } from '../grid/panels/scope';
import type { ChartStep, Drawn } from '../session/api';
import { Chart } from './chart';
import type { Library } from './library';
import type { Brush } from './links';
import { Pickers } from './pickers';

const HEIGHT = 340;

interface DockProps {
  library: Library;
  brush: Brush;
  /** Gives the dock room beside the cells. */
  onHeight: (pixels: number) => void;
}

/** The chart below the cells of a grid, while there is one. */
export function ChartDock({ library, brush, onHeight }: DockProps) {
  const { controller, focusGrid } = useGrid();
  const { chart } = useGridState();
  const open = chart !== null;
  useEffect(() => {
    onHeight(open ? HEIGHT : 0);
  }, [open, onHeight]);
  const close = useCallback(() => {
    controller.chart(null);
    focusGrid();
  }, [controller, focusGrid]);
  return chart && <Docked key="chart" step={chart} library={library} brush={brush} onClose={close} />;
}

function Docked({
  step: asked,
  library,
  brush,
  onClose
}: {
  step: ChartStep;
  library: Library;
  brush: Brush;
  onClose: () => void;
}) {
  const { controller } = useGrid();
  const { base } = useSessionState();
  const [step, setStep] = useState(asked);
  useEffect(() => setStep(asked), [asked]);
  const pickers = (drawn: Drawn | null) => {
    const { title: _title, ...shown } =
      drawn && drawn.step.kind ? { ...drawn.step, ...step, kind: step.kind ?? drawn.step.kind } : step;
    const whole = step.kind || !drawn ? shown : { ...shown, x: drawn.step.x, y: drawn.step.y, y_column: drawn.step.y_column };
    return <Pickers step={whole} columns={base.columns} onChange={setStep} />;
  };
  return (
    <Chart session={controller.session} step={step} library={library} brush={brush} height={HEIGHT} onClose={onClose}>
      {pickers}
    </Chart>
  );
}
