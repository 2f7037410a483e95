import type { A2dActor } from '../../../core/labels.ts';
import { adult } from './adult.ts';
import { baby } from './baby.ts';
import { ball } from './ball.ts';
import { bird } from './bird.ts';
import { car } from './car.ts';
import { cat } from './cat.ts';
import { dog } from './dog.ts';
import type { Wardrobe } from './figure.ts';

/** How each actor is drawn. */
export const wardrobes: Record<A2dActor, Wardrobe> = { adult, baby, ball, bird, car, cat, dog };
