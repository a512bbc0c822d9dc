import type { Control, StaticModel, StaticResult } from '../control.ts';
import { exampleEdge } from './edge-example.ts';
import { guardOf, isRedirect, routerChains, type RouterChain } from './router-chain.ts';

const id = 'J-EDG-13';
const expected = 'no router without a sign-in takes what one with a sign-in is for';
const everyHost = '*';
/** Hosts, and paths, of one rule that are compared. */
const mostParts = 50;

export const shadowingRouter: Control = {
  id,
  title: 'No open router takes the requests of one that asks for a sign-in',
  severity: 'high',
  domain: 'edge',
  subject: 'router',
  why: 'Traefik gives a request to the matching router with the highest priority: an exception that matches too much opens the whole page, and the sign-in is never asked.',
  references: ['https://doc.traefik.io/traefik/routing/routers/#priority', 'OWASP Top Ten A01'],
  blindSpots: [
    'Rules of Host, Path and PathPrefix are compared; one with another matcher, a negation or a pattern is not.',
    'An exception for a part of the page passes: whether that part may be open is not known.',
    'Only routers in labels of Traefik are read, and in a project those that are rendered.',
  ],
  remedy: 'Narrow the rule of the open router, or take its priority out.',
  static: (model) => {
    const open = new Map<string, RouterChain>();
    const guarded: { chain: RouterChain; hosts: readonly string[]; paths: readonly string[] }[] =
      [];
    for (const chain of routerChains(model)) {
      const rule = rulePartsOf(chain.rule);
      if (!rule || isRedirect(chain)) continue;
      const guard = guardOf(chain);
      if (guard === 'guarded') guarded.push({ chain, ...rule });
      if (guard !== 'open' || rule.isExact) continue;
      for (const key of keysOf(chain, rule.hosts, rule.paths)) {
        const known = open.get(key);
        if (!known || priorityOf(known) < priorityOf(chain)) open.set(key, chain);
      }
    }
    return guarded.map(({ chain, hosts, paths }): StaticResult => {
      const keys = keysOf(chain, [...hosts, everyHost], paths.flatMap(ancestorsOf));
      const over = keys
        .map((key) => open.get(key))
        .find((other) => other && priorityOf(other) > priorityOf(chain));
      const place = over ?? chain;
      return {
        subject: chain.name,
        status: over ? 'fail' : 'pass',
        expected,
        seen: over ? `${over.name} matches it, with the higher priority` : 'so',
        location: place.location,
        ...(place.file === undefined ? {} : { file: place.file }),
      };
    });
  },
  examples: {
    pass: [
      exampleOf({ rule: 'Host(`a.example.com`) && PathPrefix(`/api`)', priority: '100' }),
      exampleOf({ rule: 'Host(`b.example.com`)', priority: '100' }),
      exampleOf({ rule: 'PathPrefix(`/`)', priority: '1' }),
      exampleOf({ rule: 'Host(`a.example.com`)', priority: '100', entrypoints: 'internal' }),
    ],
    fail: [
      exampleOf({ rule: 'Host(`a.example.com`)', priority: '100' }),
      exampleOf({ rule: 'Host(`a.example.com`) && PathPrefix(`/`)' }),
      exampleOf({ rule: 'PathPrefix(`/`)', priority: '1000' }),
    ],
  },
};

/** A rule's hosts and paths; null where something else is in it, too. */
function rulePartsOf(
  rule: string,
): { hosts: readonly string[]; paths: readonly string[]; isExact: boolean } | null {
  const hosts: string[] = [];
  const paths: string[] = [];
  let isExact = false;
  if (rule === '' || rule.includes('!')) return null;
  for (const [, matcher = '', values = ''] of rule.matchAll(/\b(\w+)\(([^)]*)\)/g)) {
    const texts = [...values.matchAll(/[`"']([^`"']*)[`"']/g)].map((match) => match[1] ?? '');
    if (matcher === 'Host') hosts.push(...texts.map((text) => text.toLowerCase()));
    else if (matcher === 'PathPrefix' || matcher === 'Path') {
      paths.push(...texts);
      isExact ||= matcher === 'Path';
    } else return null;
  }
  return {
    hosts: hosts.length > 0 ? hosts.slice(0, mostParts) : [everyHost],
    paths: paths.length > 0 ? paths.slice(0, mostParts) : ['/'],
    isExact,
  };
}

/** Without one of its own a rule's length is its priority. */
function priorityOf({ priority, rule }: RouterChain): number {
  return priority !== undefined && priority > 0 ? priority : rule.length;
}

function keysOf(
  { entryPoints }: RouterChain,
  hosts: readonly string[],
  paths: readonly string[],
): string[] {
  const points = entryPoints.length > 0 ? entryPoints : [''];
  return points.flatMap((point) =>
    hosts.flatMap((host) => paths.map((path) => `${point} ${host} ${path.replace(/\/+$/, '')}`)),
  );
}

/** A path and those above it; a prefix of half a name is not among them. */
function ancestorsOf(path: string): string[] {
  const parts = path.split('/').filter(Boolean).slice(0, 20);
  return ['/', ...parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)];
}

function exampleOf(open: Readonly<Record<string, string>>): StaticModel {
  return exampleEdge({
    labels: {
      'routers.page.rule': 'Host(`a.example.com`)',
      'routers.page.entrypoints': 'websecure',
      'routers.page.middlewares': 'authelia@file',
      'routers.open.entrypoints': 'websecure',
      ...Object.fromEntries(
        Object.entries(open).map(([key, value]) => [`routers.open.${key}`, value]),
      ),
    },
  });
}
