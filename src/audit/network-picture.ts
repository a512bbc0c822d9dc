import type { StackGraph } from './report-schema.ts';
import { escapeHtml } from './escape-html.ts';

const zones = ['exposed', 'application', 'data', 'engine'] as const;
const zoneTitles = {
  exposed: 'Reached from outside',
  application: 'Applications',
  data: 'Data stores',
  engine: "Holds the engine's socket",
};
/** More boxes than this are no picture any more. */
export const mostDrawn = 60;
const box = { width: 170, height: 46, gapX: 70, gapY: 22 };
const left = 150;
const top = 56;
/** Classes of colours; the report's style has one for each. */
export const networkColours = 8;

/**
 * A stack as an SVG picture: services in columns by trust zone, a line of its own colour through
 * all members of a network (dashed where the network leads outside), arrows from outside.
 */
export function networkPicture(graph: StackGraph): string {
  const columns = zones.filter((zone) => graph.services.some((one) => one.zone === zone));
  const places = new Map<string, { x: number; y: number }>();
  for (const [column, zone] of columns.entries()) {
    const inZone = graph.services.filter((one) => one.zone === zone);
    for (const [row, service] of inZone.entries()) {
      places.set(service.name, {
        x: left + column * (box.width + box.gapX),
        y: top + row * (box.height + box.gapY),
      });
    }
  }
  const rows = Math.max(
    1,
    ...columns.map((zone) => graph.services.filter((one) => one.zone === zone).length),
  );
  const width = left + columns.length * (box.width + box.gapX);
  const height = top + rows * (box.height + box.gapY) + 10;
  const title = `${graph.services.length} services on ${graph.networks.length} networks`;
  return [
    `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">`,
    `<title>${title}</title>`,
    ...columns.map(
      (zone, column) =>
        `<text class="zone" x="${left + column * (box.width + box.gapX)}" y="28">${zoneTitles[zone]}</text>`,
    ),
    '<text class="zone" x="10" y="28">Outside</text>',
    ...graph.networks.flatMap((network, index) => line(network, index, places)),
    ...graph.services.flatMap((service) => {
      const place = places.get(service.name);
      return place ? [arrow(service, place), rectangle(service, place)] : [];
    }),
    '</svg>',
  ].join('\n');
}

function line(
  network: StackGraph['networks'][number],
  index: number,
  places: ReadonlyMap<string, { x: number; y: number }>,
): string[] {
  const points = network.members
    .flatMap((name) => places.get(name) ?? [])
    .sort((a, b) => a.x - b.x || a.y - b.y)
    // A little apart, so that lines of several networks do not hide one another.
    .map(({ x, y }) => ({ x: x + box.width / 2, y: y + 8 + ((index * 7) % 30) }));
  const [first, ...rest] = points;
  if (!first || rest.length === 0) return [];
  let path = `M${first.x} ${first.y}`;
  let before = first;
  for (const point of rest) {
    const bend = point.x === before.x ? 60 : 0;
    path += ` C${before.x + bend + (point.x - before.x) / 2} ${before.y} ${before.x + bend + (point.x - before.x) / 2} ${point.y} ${point.x} ${point.y}`;
    before = point;
  }
  const kind = network.internal ? 'internal' : 'open';
  return [
    `<path class="net ${kind} n${index % networkColours}" d="${path}"><title>${escapeHtml(network.name)}${network.internal ? '' : ' (leads outside)'}</title></path>`,
  ];
}

function arrow(
  service: StackGraph['services'][number],
  { x, y }: { x: number; y: number },
): string {
  if (service.waysIn.length === 0) return '';
  const guarded = service.waysIn.every((way) => way.includes('('));
  const middle = y + box.height / 2;
  return `<path class="way ${guarded ? 'guarded' : 'unguarded'}" d="M10 ${middle} H${x - 6} l-7 -4 m7 4 l-7 4"><title>${escapeHtml(service.waysIn.join(', '))}</title></path>`;
}

function rectangle(
  service: StackGraph['services'][number],
  { x, y }: { x: number; y: number },
): string {
  const name = service.name.length > 20 ? `${service.name.slice(0, 19)}…` : service.name;
  const note = service.grants.length > 0 ? service.grants[0] : (service.waysIn[0] ?? '');
  const short = (note ?? '').length > 26 ? `${(note ?? '').slice(0, 25)}…` : (note ?? '');
  return `<g class="service${service.grants.length > 0 ? ' grant' : ''}"><rect x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="6"/><text x="${x + 10}" y="${y + 19}">${escapeHtml(name)}</text><text class="note" x="${x + 10}" y="${y + 36}">${escapeHtml(short)}</text><title>${escapeHtml([service.name, ...service.networks.map((one) => `network ${one}`), ...service.waysIn, ...service.grants].join('\n'))}</title></g>`;
}
