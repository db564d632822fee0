// @ts-check
// All that silent.html does: it tells the page around it, on this very origin, where the provider sent its frame.
parent.postMessage({ tandem: location.href }, location.origin)
