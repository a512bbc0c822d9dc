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
/** How often Redis is asked which clients it counts: a counter may last only two seconds. */
const lookMs = 250;

type HttpResult = Extract<DialResult, { kind: 'http' }>;

/**
 * One client floods a route of the tier while another one asks there a few times and Redis is
 * asked whom it counts. Both are containers, at the entry point that is published.
 */
export async function floodTier(context: ProbeContext, tier: Tier): Promise<Reading[]> {
  const subject = `rate-${tier}`;
  const route = context.stack.routes.find((known) => known.tier === tier);
  const network = context.stack.networks.find(
    (known) => known.purpose === 'relation' && known.members.includes(edgeService),
  );
  const other = network?.members.find((member) => member !== edgeService);
  const base = { subject, from: context.stack.project };
  const reads = {
    flood: `a flood of one client, tier ${tier}`,
    other: `another client during the flood, tier ${tier}`,
    counter: `the counter in Redis during the flood, tier ${tier}`,
  };
  if (!route || !network || other === undefined) {
    const seen = route ? 'no service is next to the edge' : 'no route has this tier';
    return [{ ...base, read: reads.flood, expected: '429', status: 'not-applicable', seen }];
  }
  const bucket = wantedBucket(context, tier);
  if (allowance(bucket, 0) >= mostRequests) {
    const seen = `the burst of ${bucket.burst} is more than a flood here may send`;
    return [{ ...base, read: reads.flood, expected: '429', status: 'unknown', seen }];
  }
  const counted = { sources: new Set<string>(), ended: false };
  const looking = watchCounters(context, tier, counted);
  const [flood, second] = await Promise.all([
    ask(context, { network: network.name }, route, {
      count: mostRequests,
      atOnce: 8,
      forMs: floodMs,
      // Once it is refused it goes on so that it stays refused, and no faster.
      pauseMs: 25,
      pauseAfter: tooMany,
    }),
    ask(context, { service: other }, route, {
      count: Math.max(1, Math.min(6, bucket.burst - 1)),
      atOnce: 1,
      forMs: floodMs,
      pauseMs: 700,
    }),
  ]).finally(() => (counted.ended = true));
  await looking;
  const from = `a container on ${network.name}`;
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
      from: `${from} and ${context.containers.get(other)?.name ?? other}`,
      read: reads.other,
      expected: 'no 429 for it while the first gets them',
      ...judgeOther(flood, second),
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

async function ask(
  context: ProbeContext,
  position: { network: string } | { service: string },
  route: StackRoute,
  repeat: Repetition,
): Promise<HttpResult> {
  const task: DialTask = {
    kind: 'http',
    host: edgeService,
    port: tlsPort,
    tls: { servername: route.hostName },
    method: 'GET',
    path: `${(route.path ?? '').replace(/\/$/, '')}/jacker-probe`,
    headers: { host: route.hostName },
    repeat,
    timeoutMs: 10_000,
  };
  const [result] = await context.attacker.dial(position, [task]);
  if (result?.kind !== 'http') throw new TypeError('a request without a result');
  return result;
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
