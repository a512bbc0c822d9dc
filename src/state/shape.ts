/**
 * Tells whether a parsed JSON value has the form that it should. The records that every look at a
 * project reads are checked with these few lines: a library of schemas is loaded for longer than the
 * whole comparison takes.
 */
export type Check = (value: unknown) => boolean;

/** The value in a JSON text. Throws SyntaxError where it is none, TypeError where it has another form. */
export function parseAs(text: string, isForm: Check): unknown {
  const value: unknown = JSON.parse(text);
  if (!isForm(value)) throw new TypeError('has another form');
  return value;
}

/** An object with each of the required keys, and no other than the optional ones. */
export function objectOf(
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): Check {
  const checks = new Map(Object.entries({ ...optional, ...required }));
  return (value) =>
    isObject(value) &&
    Object.keys(required).every((key) => Object.hasOwn(value, key)) &&
    Object.entries(value).every(([key, part]) => checks.get(key)?.(part) ?? false);
}

/** An object with any keys, whose values are all of one form. */
export function recordOf(check: Check): Check {
  return (value) => isObject(value) && Object.values(value).every(check);
}

/** A list whose entries are all of one form. */
export function listOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check);
}

/** Any text. */
export const anyText: Check = (value) => typeof value === 'string';

/** A whole number of at least `minimum`. */
export function integerFrom(minimum: number): Check {
  return (value) => Number.isSafeInteger(value) && (value as number) >= minimum;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
