/** Bytes of the largest file that is read, and a little less. */
const size = 8 * 1024 * 1024 - 100;

/** A text that is one thing again and again. */
export function fill(unit: string, length = size): string {
  return unit.repeat(Math.floor(length / unit.length));
}

/** So many lines. */
export function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n');
}

/** So many services with something in each beside the image. */
export function services(count: number, body: (index: number) => string = () => ''): string {
  return `services:\n${lines(count, (index) => `  s${index}: { image: x${body(index)} }`)}\n`;
}

/** A stack of one service. */
export function ofService(text: string): string {
  return `services: { a: { image: x, ${text} } }`;
}
