/** The tagged form of `object` and `nested` cells: JSON that keeps what JSON cannot say, as `{"$decimal": "1.20"}`. */
import { durationText } from './calendar';
import { floatText } from './floats';

type Tagged = null | boolean | number | string | Tagged[] | { [tag: string]: Tagged };

function write(value: Tagged, inside: boolean): string {
  if (value === null) {
    return inside ? 'None' : '';
  }
  if (typeof value === 'string') {
    return inside ? JSON.stringify(value) : value;
  }
  if (typeof value !== 'object') {
    return String(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map(item => write(item, true)).join(', ')}]`;
  }
  const [tag, body = null] = Object.entries(value)[0] ?? [''];
  if (tag === '$dict' && Array.isArray(body)) {
    const pairs = body.map(pair => (Array.isArray(pair) ? pair.map(item => write(item, true)).join(': ') : ''));
    return `{${pairs.join(', ')}}`;
  }
  if (tag === NUMBER) {
    return floatText(Number(body));
  }
  if (tag === '$float' && !inside) {
    return floatText(Number(body));
  }
  if (tag === '$duration') {
    return durationText(BigInt(String(body)));
  }
  if (tag === '$timestamp') {
    return String(body).replace('T', ' ');
  }
  return write(body, false);
}

/** JSON does not tell 3.0 from 3 once it is parsed: floats are tagged first. */
const NUMBER = '$number';
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function keepFloats(json: string): string {
  return json.replace(TOKEN, token => (token[0] !== '"' && /[.eE]/.test(token) ? `{"${NUMBER}":"${token}"}` : token));
}

/** Tagged JSON as a person reads it. */
export function readTagged(json: string): string {
  return write(JSON.parse(keepFloats(json)) as Tagged, false);
}
