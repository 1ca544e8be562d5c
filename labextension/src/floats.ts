/** Floats as Python's `repr` writes them: the shortest text that reads back as the same number. */

/** The significant digits that tell a float from its neighbours, and its decimal exponent. */
function shortest(size: number, single: boolean): [digits: string, exponent: number] {
  let text = size.toExponential();
  if (single) {
    for (let precision = 0; precision < 9; precision++) {
      const tried = size.toExponential(precision);
      if (Math.fround(Number(tried)) === size) {
        text = tried;
        break;
      }
    }
  }
  const [mantissa = '0', exponent = '0'] = text.split('e');
  return [mantissa.replace('.', '').replace(/0+$/, '') || '0', Number(exponent)];
}

function layOut(digits: string, exponent: number): string {
  if (exponent < -4 || exponent >= 16) {
    const rest = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${digits[0]}${rest}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  if (exponent < 0) {
    return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  }
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** The text of a float; `single` when it is one of 32 bits or fewer. */
export function floatText(value: number, single = false): string {
  if (Number.isNaN(value)) {
    return 'nan';
  }
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return Number.isFinite(value) ? sign + layOut(...shortest(Math.abs(value), single)) : `${sign}inf`;
}
