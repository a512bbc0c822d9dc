import type { TreeChange } from '../state/tree-changes.ts';
import type { Plan } from './plan.ts';
import type { ServiceChange } from './service-changes.ts';

const serviceSigns: Readonly<Record<Exclude<ServiceChange['kind'], 'unchanged'>, string>> = {
  create: '+ service',
  recreate: '~ service',
  start: '> start',
  wait: '> wait for',
  remove: '- service',
};
const fileSigns: Readonly<Record<Exclude<TreeChange['kind'], 'unchanged'>, string>> = {
  create: '+',
  update: '~',
  mode: '~',
  delete: '-',
};

/** A plan for people: one line for each service, secret, image and file that changes. */
export function renderPlan(plan: Plan): string {
  const lines = [
    ...plan.services.flatMap(({ kind, service }) =>
      kind === 'unchanged' ? [] : [`${serviceSigns[kind]} ${service}`],
    ),
    ...plan.secrets.map((name) => `+ secret ${name}`),
    ...plan.images.map((reference) => `+ pin ${reference} to its digest`),
    ...plan.files.flatMap(({ kind, path, edited }) =>
      kind === 'unchanged'
        ? []
        : [
            `${fileSigns[kind]} ${path}${edited ? '  (edited by hand: the edit will be replaced)' : ''}`,
          ],
    ),
  ];
  if (lines.length === 0 && plan.unrecorded) lines.push('+ a generation that records what runs');
  if (plan.unseen !== null) {
    lines.push(
      `${lines.length === 0 ? 'No file changes. ' : ''}What runs is not known: ${plan.unseen}.`,
    );
  }
  return lines.length === 0 ? 'No changes.\n' : `${lines.join('\n')}\n`;
}
