import { parseRate } from '../../render/edge.ts';
import { textOf } from '../../settings/definition.ts';
import type { ProbeContext } from '../control.ts';
import type { EffectiveRate } from '../position/traefik-api.ts';

/** The tiers of routes; RATE_NAME of the settings limits each. */
export const tiers = ['general', 'auth', 'api', 'critical'] as const;
export type Tier = (typeof tiers)[number];

/** A token bucket: what one client may ask at once, and how fast it may go on. */
export interface Bucket {
  average: number;
  periodSeconds: number;
  burst: number;
}

/** Where the counters must be. */
export const counterStore = 'redis:6379';

const unitSeconds: Readonly<Record<string, number>> = {
  h: 3600,
  m: 60,
  s: 1,
  ms: 1e-3,
  us: 1e-6,
  µs: 1e-6,
  ns: 1e-9,
};

/** What the settings ask of a tier. */
export function wantedBucket(context: Pick<ProbeContext, 'settings'>, tier: Tier): Bucket {
  const { average, period, burst } = parseRate(
    textOf(context.settings, `RATE_${tier.toUpperCase()}`),
  );
  return { average, periodSeconds: secondsOf(period), burst };
}

/** Seconds of a duration as Go writes it (`1m0s`) or as a number of nanoseconds. */
export function secondsOf(duration: string | number | null | undefined): number {
  // Traefik's own default.
  if (duration === null || duration === undefined || duration === '') return 1;
  if (typeof duration === 'number') return duration / 1e9;
  return [...duration.matchAll(/(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)/g)].reduce(
    (sum, [, count = '', unit = '']) => sum + Number(count) * (unitSeconds[unit] ?? 0),
    0,
  );
}

/** How many requests the bucket lets one client make within a time. */
export function allowance(bucket: Bucket, seconds: number): number {
  return bucket.burst + (bucket.average / bucket.periodSeconds) * seconds;
}

/** A limit for people: rate, whose, and where it is counted. */
export function describeBucket(bucket: Bucket): string {
  const { average, periodSeconds, burst } = bucket;
  return `${average} in ${periodSeconds} s, burst ${burst}, per address, counted at ${counterStore}`;
}

/** The same of what Traefik applies; other words wherever it is not so. */
export function describeEffective(rate: EffectiveRate): string {
  const { requestHost, requestHeaderName, ipStrategy } = rate.sourceCriterion ?? {};
  const others =
    requestHost === true || (requestHeaderName ?? '') !== '' || (ipStrategy?.depth ?? 0) > 0;
  const excluded = ipStrategy?.excludedIPs.length ?? 0;
  const whose = others ? 'shared by clients' : excluded > 0 ? 'not for all' : 'per address';
  const where = rate.redis?.endpoints.join(', ') ?? '';
  return [
    `${rate.average} in ${secondsOf(rate.period)} s`,
    `burst ${rate.burst}`,
    whose,
    where === '' ? 'counted in Traefik' : `counted at ${where}`,
  ].join(', ');
}
