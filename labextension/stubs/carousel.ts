/** Stands in for the image carousel that Glide loads for cells that this grid never draws. */
export const Carousel = (): null => null;
