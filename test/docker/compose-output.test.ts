import { describe, expect, it } from 'vitest';
import {
  failureLines,
  parseComposePs,
  parseJsonProgress,
  parsePlainProgress,
} from '../../src/docker/compose-output.ts';

describe('progress of Compose', () => {
  it.each([
    // Compose 5 puts the state into `text`, Compose 2.29 into `status`.
    '{"id":"Container shop-web-app-1","status":"Done","text":"Healthy"}',
    '{"id":"Container shop-web-app-1","text":"","status":"Healthy"}',
  ])('as JSON names object, service and state: %s', (line) => {
    expect(parseJsonProgress(line, 'shop')).toEqual({
      kind: 'container',
      name: 'shop-web-app-1',
      service: 'web-app',
      state: 'Healthy',
    });
  });

  it('as JSON tells an error as such', () => {
    const line =
      '{"id":"Container shop-db-1","status":"Error","text":"Error","details":"is unhealthy"}';
    expect(parseJsonProgress(line, 'shop')).toMatchObject({
      service: 'db',
      state: 'Error',
      detail: 'is unhealthy',
    });
  });

  it.each([
    [
      ' Container shop-db-1  Created',
      { kind: 'container', name: 'shop-db-1', service: 'db', state: 'Created' },
    ],
    [' Volume "shop_data"  Creating', { kind: 'volume', name: 'shop_data', state: 'Creating' }],
    [' Network shop_edge  Creating', { kind: 'network', name: 'shop_edge', state: 'Creating' }],
    [' redis Pulled ', { kind: 'service', name: 'redis', service: 'redis', state: 'Pulled' }],
  ])('as plain text names the same: %j', (line, event) => {
    expect(parsePlainProgress(line, 'shop')).toEqual(event);
  });

  it.each([
    '',
    'not json',
    '{"level":"warning","msg":"x"}',
    '{"id":"4f4fb700ef54","parent_id":"Image redis","text":"Downloading"}',
  ])('leaves out what is no step: %j', (line) => {
    expect(parseJsonProgress(line, 'shop')).toBeNull();
  });
});

describe('the list of containers', () => {
  const entry = {
    ID: 'f00',
    Name: 'shop-db-1',
    Service: 'db',
    State: 'running',
    Health: 'healthy',
    ExitCode: 0,
    Image: 'postgres:17',
    Status: 'Up 2 seconds (healthy)',
    Publishers: null,
  };

  it('is read as an array (before Compose 2.21) and as lines (since)', () => {
    const other = { ...entry, Name: 'shop-db-2' };
    const asArray = parseComposePs(JSON.stringify([entry, other]));
    const asLines = parseComposePs(`${JSON.stringify(entry)}\n${JSON.stringify(other)}\n`);
    expect(asArray).toEqual(asLines);
    expect(asArray.map(({ name, service, health }) => [name, service, health])).toEqual([
      ['shop-db-1', 'db', 'healthy'],
      ['shop-db-2', 'db', 'healthy'],
    ]);
  });

  it('may be empty in both forms', () => {
    expect([parseComposePs(''), parseComposePs('[]')]).toEqual([[], []]);
  });
});

describe('the reason of a failure', () => {
  it('is what Compose said last, without progress, colours and JSON around it', () => {
    const stderr = [
      '{"id":"Container shop-db-1","status":"Working","text":"Waiting"}',
      '{"level":"warning","msg":"the attribute version is obsolete","time":"2026"}',
      '\u001b[31mplain red\u001b[0m',
      '{"error":true,"message":"container shop-db-1 is unhealthy"}',
    ].join('\n');
    expect(failureLines(stderr, 5)).toBe(
      'warning: the attribute version is obsolete\nplain red\ncontainer shop-db-1 is unhealthy',
    );
    expect(failureLines(stderr, 1)).toBe('container shop-db-1 is unhealthy');
  });
});
