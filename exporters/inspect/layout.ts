/** Where the blocks of a drawing stand: each below what it takes from, one that goes on from another in its lane. */

export interface Place {
  /** From the top. */
  readonly rank: number;
  /** From the left. */
  readonly lane: number;
}

/**
 * @param inputs for each block, the earlier ones that it takes from, by index
 * @returns a place for each block; no two share one, and none stands above or beside one that it takes from
 */
export function placeBlocks(inputs: readonly (readonly number[])[]): Place[] {
  const places: Place[] = [];
  const taken = new Set<string>();
  inputs.forEach((sources, i) => {
    const earlier = sources.filter((source) => source < i);
    const rank = Math.max(-1, ...earlier.map((source) => places[source].rank)) + 1;
    const preferred = earlier.length > 0 ? Math.min(...earlier.map((source) => places[source].lane)) : 0;
    let lane = preferred;
    while (taken.has(`${rank},${lane}`)) lane++;
    taken.add(`${rank},${lane}`);
    places.push({ rank, lane });
  });
  return places;
}
