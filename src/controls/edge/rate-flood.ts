import { engineName } from '../../catalog/engine-name.ts';
import type { StackRoute } from '../../catalog/stack.ts';
import { edgeService } from '../../catalog/resolve-stack.ts';
import type { ProbeContext, Reading } from '../control.ts';
import type { DialResult, DialTask, Repetition } from '../position/attacker.ts';
import { askRedis } from '../position/redis-admin.ts';
import { tooMany } from './rate-limited.ts';
import { allowance, wantedBucket, type Bucket, type Tier } from './rate-tiers.ts';

/** No more than this in one tier, whatever the settings say: a flood of a live edge has an end. */
export const mostRequests = 3000;
const tlsPort = 8443;
const floodMs = 7000;
/** The other client's requests, and the time at the end of the flood that they are spread over. */
const mostOthers = 6;
const othersMs = 4800;
/** How often Redis is asked which clients it counts: a counter may last only two seconds. */
const lookMs = 250;

type HttpResult = Extract<DialResult, { kind: 'http' }>;

/**
 * One client floods a route of the tier while another one asks there a few times and Redis is
 * asked whom it counts. Both are one container that stands in two networks of the edge: so they
 * begin together, however long it takes to start one, and the edge sees two addresses.
 */
export async function floodTier(context: ProbeContext, tier: Tier): Promise<Reading[]> {
  const subject = `rate-${tier}`;
  const route = context.stack.routes.find((known) => known.tier === tier);
  const [first, second] = entries(context);
  const base = { subject, from: context.stack.project };
  const reads = {
    flood: `a flood of one client, tier ${tier}`,
    other: `another client during the flood, tier ${tier}`,
    counter: `the counter in Redis during the flood, tier ${tier}`,
  };
  if (!route || !first || !second) {
    const seen = route ? 'the edge is not in two networks' : 'no route has this tier';
    return [{ ...base, read: reads.flood, expected: '429', status: 'not-applicable', seen }];
  }
  const bucket = wantedBucket(context, tier);
  if (allowance(bucket, 0) >= mostRequests) {
    const seen = `the burst of ${bucket.burst} is more than a flood here may send`;
    return [{ ...base, read: reads.flood, expected: '429', status: 'unknown', seen }];
  }
  const counted = { sources: new Set<string>(), ended: false };
  const looking = watchCounters(context, tier, counted);
  const [flood, other] = await context.attacker
    .dial({ networks: [first.network, second.network] }, [
      request(route, first.address, {
        count: mostRequests,
        atOnce: 8,
        forMs: floodMs,
        // Once it is refused it goes on so that it stays refused, and no faster.
        pauseMs: 25,
        pauseAfter: tooMany,
      }),
      // Until the end: a slow edge comes to its limit late.
      request(route, second.address, {
        count: Math.max(1, Math.min(mostOthers, bucket.burst - 1)),
        atOnce: 1,
        afterMs: floodMs - othersMs,
        forMs: othersMs,
        pauseMs: othersMs / mostOthers,
      }),
    ])
    .finally(() => (counted.ended = true));
  await looking;
  if (flood?.kind !== 'http' || other?.kind !== 'http') {
    throw new TypeError('a request without a result');
  }
  const from = `a container on ${first.network}`;
  return [
    {
      ...base,
      from,
      read: reads.flood,
      expected: '429 at the limit',
      ...judgeFlood(bucket, flood),
    },
    {
      ...base,
      from: `${from} and ${second.network}`,
      read: reads.other,
      expected: 'no 429 for it while the first gets them',
      ...judgeOther(flood, other),
    },
    {
      ...base,
      from: context.containers.get('redis')?.name ?? 'redis',
      read: reads.counter,
      expected: "one of the client's own",
      ...judgeCounter(flood, counted.sources),
    },
  ];
}

type Verdict = Pick<Reading, 'status' | 'seen'>;

/** Where the edge is met from inside: its networks, and its address in each. */
function entries({ stack, containers }: ProbeContext): { network: string; address: string }[] {
  const edge = containers.get(edgeService);
  return stack.networks
    .filter(({ purpose, members }) => purpose === 'relation' && members.includes(edgeService))
    .map(({ name }) => ({
      network: name,
      address: edge?.networks[engineName(stack, name)]?.ipAddress ?? '',
    }))
    .filter(({ address }) => address !== '');
}

function request(route: StackRoute, host: string, repeat: Repetition): DialTask {
  return {
    kind: 'http',
    host,
    port: tlsPort,
    tls: { servername: route.hostName },
    method: 'GET',
    path: `${(route.path ?? '').replace(/\/$/, '')}/jacker-probe`,
    headers: { host: route.hostName },
    repeat,
    timeoutMs: 10_000,
  };
}

/** Collects the sources that Redis has a counter of this tier for, until told that it is over. */
async function watchCounters(
  context: ProbeContext,
  tier: Tier,
  counted: { sources: Set<string>; ended: boolean },
): Promise<void> {
  const prefix = `rate:rate-${tier}@file:`;
  while (!counted.ended) {
    const [found = ''] = await askRedis(context, [`SCAN 0 MATCH ${prefix}* COUNT 10000`]);
    for (const key of found.split('\n')) {
      if (key.startsWith(prefix)) counted.sources.add(key.slice(prefix.length));
    }
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

/** Whether the first client was stopped at about the limit that the settings ask for. */
export function judgeFlood(bucket: Bucket, flood: HttpResult): Verdict {
  const sent = flood.timeline.length;
  if (sent === 0) return { status: 'unknown', seen: flood.detail || 'no answer' };
  const limited = flood.statuses[tooMany] ?? 0;
  const seconds = (flood.ended - flood.began) / 1000;
  // What is on its way at once, and a clock that is not the edge's.
  const allowed = Math.ceil(allowance(bucket, seconds) * 1.1) + 10;
  const seen = `429 for ${limited} of ${sent} in ${seconds.toFixed(1)} s`;
  if (sent - limited > allowed) return { status: 'fail', seen: `${seen}; ${allowed} may pass` };
  if (limited > 0) return { status: 'pass', seen };
  return {
    status: 'unknown',
    seen: `${seen}: slower than the limit, of which ${allowed} may pass`,
  };
}

/** Whether the second client got its answers in the time in which the first was refused. */
export function judgeOther(flood: HttpResult, second: HttpResult): Verdict {
  const refused = flood.timeline.filter(([, status]) => status === tooMany).map(([at]) => at);
  const from = Math.min(...refused);
  const until = Math.max(...refused);
  const met = second.timeline.filter(([at]) => at >= from && at <= until);
  if (met.length === 0) {
    const seen = refused.length === 0 ? 'the first was never refused' : 'the two did not meet';
    return { status: 'unknown', seen };
  }
  if (flood.address === second.address) {
    return { status: 'unknown', seen: 'both had one address' };
  }
  const limited = met.filter(([, status]) => status === tooMany).length;
  return {
    status: limited === 0 ? 'pass' : 'fail',
    seen: `429 for ${limited} of ${met.length} while the first got ${refused.length}`,
  };
}

function judgeCounter(flood: HttpResult, sources: ReadonlySet<string>): Verdict {
  if (flood.address === '') return { status: 'unknown', seen: flood.detail || 'no answer' };
  // Node writes an IPv4 address at an IPv6 socket with a prefix.
  const address = flood.address.replace(/^::ffff:/, '');
  return sources.has(address)
    ? { status: 'pass', seen: `for ${address}, of ${sources.size}` }
    : { status: 'fail', seen: `none for ${address}, of ${sources.size}` };
}
