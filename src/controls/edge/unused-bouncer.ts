import { traefikLabels } from '../compose/traefik-config.ts';
import { viewOf } from '../compose/stack-view.ts';
import type { Control, StaticModel } from '../control.ts';
import { exampleEdge } from './edge-example.ts';
import { edgeOptions } from './edge-options.ts';
import { isRedirect, judgeRouters } from './router-chain.ts';

const id = 'J-EDG-14';
const bouncer = /crowdsec|bouncer/i;
/** Who comes from the own network only need not be asked about. */
const local = /^(ipallowlist|ipwhitelist)\./;

export const unusedBouncer: Control = {
  id,
  title: 'The CrowdSec bouncer is in the chain of every router',
  severity: 'high',
  domain: 'edge',
  subject: 'router',
  why: 'CrowdSec decides, the bouncer refuses: where it is not in the chain, a banned client is served as if nothing were.',
  references: ['https://doc.crowdsec.net/u/bouncers/traefik/'],
  blindSpots: [
    'A bouncer in the firewall of the host refuses before the edge: then none is needed here.',
    'Whether its key still holds is not known; many let everybody in where CrowdSec does not answer.',
    'A chain that is defined in a file is judged by its name alone.',
  ],
  remedy:
    'Add it to the entry point, so that no router is forgotten: --entrypoints.websecure.http.middlewares=crowdsec@docker.',
  static: (model) =>
    model.project || !hasBouncer(model)
      ? []
      : judgeRouters(model, 'the bouncer in its chain', (chain) => {
          if (isRedirect(chain)) return null;
          const options = [...chain.options];
          if (options.some(([option]) => local.test(option))) return null;
          const own = options.find(
            ([option, value]) =>
              (/^plugin\./.test(option) && bouncer.test(option)) ||
              (option === 'forwardauth.address' && bouncer.test(value)),
          );
          if (own !== undefined) return { status: 'pass', seen: own[0] };
          const named = chain.elsewhere.find((name) => bouncer.test(name));
          if (named !== undefined) return { status: 'pass', seen: named };
          return chain.elsewhere.length > 0
            ? { status: 'unknown', seen: chain.elsewhere.slice(0, 5).join(', ') }
            : { status: 'fail', seen: chain.middlewares.slice(0, 5).join(', ') || 'no middleware' };
        }),
  examples: {
    pass: [exampleOf('cs'), exampleOf('crowdsec-bouncer@file'), exampleOf('outer')],
    fail: [exampleOf('zip'), exampleOf('')],
  },
};

/** True where a bouncer for Traefik is there: a middleware, a plugin or a container of its own. */
function hasBouncer(model: StaticModel): boolean {
  const { middlewares } = traefikLabels(model);
  for (const { options } of middlewares.values()) {
    for (const option of options.keys()) {
      if (option.startsWith('plugin.') && bouncer.test(option)) return true;
    }
  }
  return (
    viewOf(model).services.some(({ image }) => /traefik-crowdsec-bouncer$/.test(image.path)) ||
    edgeOptions(model).some(({ options }) =>
      [...options].some(
        ([name, value]) =>
          name.startsWith('experimental.plugins.') && bouncer.test(`${name} ${value}`),
      ),
    )
  );
}

function exampleOf(middlewares: string): StaticModel {
  return exampleEdge({
    labels: {
      'routers.app.rule': 'Host(`a.example.com`)',
      'routers.app.middlewares': middlewares,
      'middlewares.cs.plugin.bouncer.enabled': 'true',
      'middlewares.outer.chain.middlewares': 'zip,cs',
      'middlewares.zip.compress': 'true',
    },
  });
}
