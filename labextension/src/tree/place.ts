/** Where things stand in a tree's label cell, in CSS pixels. */

const PAD = 7;
const INDENT = 16;
export const TWISTY = 18;
/** The bar over a tree. */
export const BAR_HEIGHT = 30;

/** A rectangle in CSS pixels. */
interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Where the triangle of a label stands. */
export function twistyBox(rect: Box, depth: number): Box {
  return { x: rect.x + PAD + depth * INDENT - 3, y: rect.y, width: TWISTY, height: rect.height };
}

/** What a label needs beside its text. */
export const labelRoom = (depth: number): number => PAD + depth * INDENT + TWISTY + 16;
