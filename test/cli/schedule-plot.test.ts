import { describe, expect, it } from 'vitest';
import { plotOf, scheduleChart } from '../../cli/schedule-plot.ts';

describe('the plot of a schedule', () => {
  it('has the rates of ten epochs of ten steps', async () => {
    const { schedule, rates, scores } = await plotOf('multi-step after=[2,5] factor=0.5');
    expect(schedule).toEqual({ kind: 'multi-step', options: { after: [2, 5], factor: 0.5 } });
    expect(rates).toEqual([...Array(20).fill(1), ...Array(30).fill(0.5), ...Array(50).fill(0.25)]);
    expect(scores).toBeNull();
  });

  it('goes by scores that stop to improve, where the schedule does', async () => {
    // The third epoch has the last better score, and one without is borne: the rate falls after the fifth.
    const plot = await plotOf('plateau patience=1 factor=0.5');
    expect(plot.rates).toEqual([
      ...Array(50).fill(1),
      ...Array(20).fill(0.5),
      ...Array(20).fill(0.25),
      ...Array(10).fill(0.125),
    ]);
    expect(scheduleChart(plot)).toContain('with scores of 0.1, 0.2, 0.3, 0.3, ');
  });

  it('is drawn a column a step, from nothing to the highest rate', async () => {
    const lines = scheduleChart(await plotOf('warm-up steps=7 from=0.125 after=constant')).split('\n');
    expect(lines[0]).toMatch(/^warm-up \{"steps":7,.*: the rate, as a multiple of the stage's$/);
    // One eighth more with each step: a stair, whose steps are the rows.
    for (let row = 1; row <= 8; row++) {
      const drawn = lines[row].slice(10);
      expect(drawn).toBe(`${' '.repeat(8 - row)}${'█'.repeat(92 + row)}`);
    }
    expect(lines[1].slice(0, 10)).toBe('     × 1 │');
    expect(lines[11]).toBe('of 10 steps each, from × 0.125 to × 1');
  });

  it.each([
    ['cosin', 'there is no schedule "cosin"; did you mean cosine?'],
    ['', 'there is no schedule ""; known: constant, '],
    ['step every=0', 'options: of step: every: Too small'],
    ['step every', 'options: of step: every: Invalid input'],
    ['cosine flor=1', 'options: of cosine: flor: there is no such key; did you mean floor?'],
    ['warm-up steps=2 after=cosin', 'after: there is no schedule "cosin"; did you mean cosine?'],
  ])('is not of what there is not: %s', async (text, message) => {
    await expect(plotOf(text)).rejects.toMatchObject({
      message: expect.stringContaining(message),
      exitCode: 2,
    });
  });
});
