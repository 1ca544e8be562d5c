/** Puts off what a table has no room for just now, longer each time that it is told so again. */

const FIRST = 100;
const LONGEST = 5_000;

export class Retry {
  private wait = FIRST;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly act: () => void) {}

  get waiting(): boolean {
    return this.timer !== null;
  }

  putOff(): void {
    this.rest();
    this.timer = setTimeout(() => {
      this.timer = null;
      this.act();
    }, this.wait);
    this.wait = Math.min(LONGEST, 2 * this.wait);
  }

  /** Something was taken: the next time begins with a short wait again. */
  calm(): void {
    this.wait = FIRST;
  }

  rest(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }
}
