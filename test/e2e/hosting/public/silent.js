parent.postMessage({ tandem: location.href }, location.origin)
