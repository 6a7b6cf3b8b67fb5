"""Spaces of nets for images, by name: how to draw configurations, their features, and how they train."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bandits.objectives.spaces.base import ImageShape, ImageSpace
from bandits.objectives.spaces.convnet import ConvnetSpace
from bandits.objectives.spaces.metaqnn import MetaQNNSpace
from bandits.objectives.spaces.resnets import ResNet39Space, ResNetSpace

__all__ = ["IMAGE_SPACES", "ConvnetSpace", "ImageShape", "ImageSpace", "MetaQNNSpace", "ResNet39Space", "ResNetSpace"]

IMAGE_SPACES: Mapping[str, Callable[[ImageShape, int], ImageSpace]] = {
    "metaqnn": MetaQNNSpace,
    "resnet": ResNetSpace,
    "resnet-cifar": ResNet39Space,
    "convnet": ConvnetSpace,
}
"""Each function makes a space from the shape of the images and the longest training in epochs."""
