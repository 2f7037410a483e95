"""Golden values for the training tests: the log loss and its gradient, and two augmentations."""
import json

import cv2
import numpy as np
import torch

out = {}

# The reports' loss on float32 probabilities, right up to 0 and 1.
p = torch.tensor([[0.0, 1e-20, 1e-7, 0.3, 0.5], [0.7, 1 - 2**-24, 1.0, 0.999, 0.01]], dtype=torch.float32, requires_grad=True)
y = torch.tensor([[0, 1, 0, 1, 0], [1, 0, 1, 0, 1]], dtype=torch.float32)
loss = -(y * torch.log(p + 1e-15) + (1 - y) * torch.log(1 - p + 1e-15)).sum()
loss.backward()
out["loss"] = {"probabilities": p.tolist(), "truth": y.tolist(), "sum": loss.item(), "gradient": p.grad.tolist()}

# Logits so large that a softmax saturates: the gradient must stay finite.
z = torch.tensor([[[40.0, -40.0], [-40.0, 40.0], [200.0, -200.0], [0.5, -0.25]]], dtype=torch.float32, requires_grad=True)
q = torch.softmax(z, 2)[..., 0]
t = torch.tensor([[0.0, 1.0, 0.0, 1.0]])
saturated = -(t * torch.log(q + 1e-15) + (1 - t) * torch.log(1 - q + 1e-15)).sum()
saturated.backward()
out["saturated"] = {"logits": z.tolist(), "truth": t.tolist(), "sum": saturated.item(), "gradient": z.grad.tolist()}

# Blur and rotation of a small picture, by OpenCV.
image = (np.arange(9 * 12 * 3).reshape(9, 12, 3) * 53 % 256).astype(np.uint8)
out["image"] = image.flatten().tolist()
out["blur"] = {str(s): cv2.GaussianBlur(image.astype(np.float64), (5, 5), s).flatten().tolist() for s in (0.25, 0.6)}
matrix = cv2.getRotationMatrix2D(((12 - 1) / 2, (9 - 1) / 2), 8, 1)
ys, xs = np.mgrid[0:9, 0:12].astype(np.float64)
inverse = cv2.invertAffineTransform(matrix)
sx = inverse[0, 0] * xs + inverse[0, 1] * ys + inverse[0, 2]
sy = inverse[1, 0] * xs + inverse[1, 1] * ys + inverse[1, 2]
out["rotated"] = cv2.remap(image.astype(np.float32), sx.astype(np.float32), sy.astype(np.float32), cv2.INTER_LINEAR,
                           borderMode=cv2.BORDER_CONSTANT, borderValue=(124, 117, 104)).flatten().tolist()

print(json.dumps(out))
