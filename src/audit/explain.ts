import type { Control } from '../controls/control.ts';

/** A control for people, with its examples' number and everything that it cannot see. */
export function explainControl(control: Control): string {
  const seen = [
    control.static ? 'in files (audit)' : null,
    control.probe ? 'on running containers (verify)' : null,
    control.attack ? 'by trying what must be refused (attack)' : null,
  ].filter((part) => part !== null);
  return `${[
    `${control.id}: ${control.title}`,
    `${control.severity}, ${control.domain}, about each ${control.subject}${control.grant ? '; a grant: it earns nothing and caps the score' : ''}`,
    '',
    control.why,
    '',
    `What to do: ${control.remedy}`,
    `Seen: ${seen.join('; ')}`,
    ...control.blindSpots.map((spot) => `Cannot see: ${spot}`),
    `See also: ${control.references.join('; ')}`,
  ].join('\n')}\n`;
}
