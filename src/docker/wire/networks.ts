import * as z from 'zod';
import type { NetworkFacts } from '../facts.ts';
import { text, flag, textMap, listOf, mapOf } from './forms.ts';

const networkSchema = z
  .object({
    Id: z.string(),
    Name: z.string(),
    Driver: text,
    Internal: flag,
    Attachable: flag,
    EnableIPv6: flag,
    IPAM: z.object({ Config: listOf(z.object({ Subnet: text })) }).nullish(),
    Options: textMap,
    Labels: textMap,
    Containers: mapOf(z.object({ Name: text, IPv4Address: text, IPv6Address: text })),
  })
  .transform((network): NetworkFacts => ({
    id: network.Id,
    name: network.Name,
    driver: network.Driver,
    internal: network.Internal,
    attachable: network.Attachable,
    ipv6: network.EnableIPv6,
    subnets: (network.IPAM?.Config ?? []).map((pool) => pool.Subnet).filter(Boolean),
    options: network.Options,
    labels: network.Labels,
    containers: Object.fromEntries(
      Object.entries(network.Containers).map(([id, container]) => [
        id,
        {
          name: container.Name,
          ipv4: container.IPv4Address,
          ipv6: container.IPv6Address,
        },
      ]),
    ),
  }));

/** `GET /networks/{id}`. */
export function readNetwork(answer: unknown): NetworkFacts {
  return networkSchema.parse(answer);
}

/** `GET /networks`. */
export function readNetworkList(answer: unknown): NetworkFacts[] {
  return z.array(networkSchema).parse(answer);
}
