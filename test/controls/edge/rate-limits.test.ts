import { describe, expect, it } from 'vitest';
import { judgeFlood, judgeOther } from '../../../src/controls/edge/rate-flood.ts';
import {
  allowance,
  describeBucket,
  describeEffective,
  secondsOf,
} from '../../../src/controls/edge/rate-tiers.ts';

const bucket = { average: 60, periodSeconds: 60, burst: 20 };

/** Answers of a client, one every `stepMs`. */
function answers(statuses: readonly number[], stepMs: number, address = '10.0.0.2', from = 0) {
  const counts: Record<string, number> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  return {
    kind: 'http' as const,
    statuses: counts,
    failed: 0,
    body: '',
    detail: '',
    address,
    timeline: statuses.map((status, index) => [from + index * stepMs, status] as const),
    began: from,
    ended: from + statuses.length * stepMs,
  };
}

const many = (count: number, status: number): number[] => Array<number>(count).fill(status);

describe('a rate', () => {
  it('is read as Traefik writes it', () => {
    expect(secondsOf('1m0s')).toBe(60);
    expect(secondsOf('1h0m0s')).toBe(3600);
    expect(secondsOf('1.5s')).toBe(1.5);
    expect(secondsOf('250ms')).toBe(0.25);
    expect(secondsOf(1e9)).toBe(1);
    expect(secondsOf(null)).toBe(1);
  });

  it('allows its burst and what comes back', () => {
    expect(allowance(bucket, 0)).toBe(20);
    expect(allowance(bucket, 10)).toBe(30);
    expect(allowance({ average: 6, periodSeconds: 60, burst: 5 }, 10)).toBe(6);
  });

  it('is the same in Traefik only where rate, burst, client and store are', () => {
    const right = {
      average: 60,
      period: '1m0s',
      burst: 20,
      sourceCriterion: { ipStrategy: { excludedIPs: [] } },
      redis: { endpoints: ['redis:6379'] },
    };
    expect(describeEffective(right)).toBe(describeBucket(bucket));
    for (const wrong of [
      { ...right, average: 61 },
      { ...right, period: '1s' },
      { ...right, burst: 21 },
      { ...right, redis: null },
      { ...right, redis: { endpoints: ['elsewhere:6379'] } },
      { ...right, sourceCriterion: { requestHost: true } },
      { ...right, sourceCriterion: { requestHeaderName: 'X-Client' } },
      { ...right, sourceCriterion: { ipStrategy: { depth: 1, excludedIPs: [] } } },
      { ...right, sourceCriterion: { ipStrategy: { excludedIPs: ['0.0.0.0/0'] } } },
    ]) {
      expect(describeEffective(wrong)).not.toBe(describeBucket(bucket));
    }
  });
});

describe('a flood', () => {
  it('is stopped where it gets 429 after about as many answers as the limit allows', () => {
    const flood = answers([...many(25, 401), ...many(100, 429)], 20);
    expect(judgeFlood(bucket, flood).status).toBe('pass');
  });

  it('is stopped where an earlier one still counts', () => {
    expect(judgeFlood(bucket, answers(many(100, 429), 20)).status).toBe('pass');
  });

  it('is let through where more answers come than the limit allows', () => {
    expect(judgeFlood(bucket, answers(many(400, 401), 10)).status).toBe('fail');
    // A limit there is, but a wider one.
    const wider = answers([...many(200, 401), ...many(100, 429)], 10);
    expect(judgeFlood(bucket, wider).status).toBe('fail');
  });

  it('says nothing where it is slower than the limit, or nobody answers', () => {
    expect(judgeFlood(bucket, answers(many(15, 401), 100)).status).toBe('unknown');
    const refill = { average: 100, periodSeconds: 1, burst: 10 };
    expect(judgeFlood(refill, answers(many(300, 401), 20)).status).toBe('unknown');
    expect(judgeFlood(bucket, answers([], 20)).status).toBe('unknown');
  });
});

describe('another client', () => {
  const flood = answers([...many(20, 401), ...many(200, 429)], 10);

  it('is not limited where all its answers during the flood say so', () => {
    expect(judgeOther(flood, answers(many(3, 401), 400, '10.0.0.3', 500)).status).toBe('pass');
  });

  it('shares the limit where it gets a 429 meanwhile', () => {
    expect(judgeOther(flood, answers([401, 429], 400, '10.0.0.3', 500)).status).toBe('fail');
  });

  it('says nothing at another time, from the same address, or without a refusal of the first', () => {
    const late = answers(many(3, 401), 400, '10.0.0.3', 60_000);
    expect(judgeOther(flood, late).status).toBe('unknown');
    expect(judgeOther(flood, answers(many(3, 401), 400, '10.0.0.2', 500)).status).toBe('unknown');
    const free = answers(many(200, 401), 10);
    expect(judgeOther(free, answers(many(3, 401), 400, '10.0.0.3', 500)).status).toBe('unknown');
  });
});
