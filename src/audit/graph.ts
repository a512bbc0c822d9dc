import { waysIn } from '../controls/compose/ways-in.ts';
import { hostGrants } from '../controls/compose/host-grants.ts';
import { viewOf } from '../controls/compose/stack-view.ts';
import { trustZoneOf } from '../controls/compose/trust-zones.ts';
import type { StaticModel } from '../controls/control.ts';
import type { StackGraph } from './report-schema.ts';

/** Services and networks of a stack with what leads into each and out of it: for pictures. */
export function graphOf(model: StaticModel): StackGraph {
  const ways = new Map<string, string[]>();
  for (const { service, by, guard } of waysIn(model)) {
    const text = guard === undefined ? by : `${by} (${guard})`;
    const list = ways.get(service.name);
    if (list) list.push(text);
    else ways.set(service.name, [text]);
  }
  const { services, members } = viewOf(model);
  const declared = model.document.networks ?? {};
  return {
    services: services.map((view) => ({
      name: view.name,
      zone: trustZoneOf(view) ?? 'application',
      networks: [...view.networks],
      waysIn: ways.get(view.name) ?? [],
      grants: hostGrants(view),
    })),
    networks: [...members].map(([name, list]) => ({
      name,
      internal: declared[name]?.internal === true,
      members: list.map((view) => view.name),
    })),
  };
}
